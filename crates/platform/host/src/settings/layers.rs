//! Layered settings: defaults < file (TOML) < environment `MARKETPLACE__SECTION__KEY` < flags. An unknown key, or a value of the wrong
//! type or against a rule, is rejected with its name, its origin and what is allowed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use config::{Config, Value, ValueKind};
use kernel::WrongSetting;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file;

/// Prefix of the environment variables.
pub const PREFIX: &str = "MARKETPLACE";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read or is not TOML.
    #[error("the settings file {path} cannot be used: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key that names no setting.
    #[error("there is no setting {key} (from {origin}); allowed: {allowed}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it came from.
        origin: String,
        /// The keys allowed in its place.
        allowed: String,
    },
    /// A value that is invalid for the setting.
    #[error("the setting {place} is wrong: {reason}")]
    BadValue {
        /// The key and where its value came from. Several, if their values do not go together.
        place: String,
        /// What is wrong, and what is allowed.
        reason: String,
    },
}

/// A flag that overrides a setting: the flag as written (for error messages), the setting's key, and the value, if one was given.
pub type Flag = (&'static str, &'static str, Option<String>);

/// The given values; later layers override earlier ones. Programs share a file, and each reads its own part.
#[derive(Debug)]
pub struct Layers {
    /// Values and their origins, by key.
    given: BTreeMap<String, (Value, String)>,
}

impl Layers {
    /// Reads every layer except the defaults. Of the environment, only the marketplace's own variables have to be UTF-8.
    ///
    /// # Errors
    /// [`SettingsError`], for a file that cannot be read, and for a variable or a number that no setting can hold.
    pub fn read<N: Into<OsString>, V: Into<OsString>>(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (N, V)>,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<Self, SettingsError> {
        let mut given = match file {
            Some(path) => file::read(path)?,
            None => BTreeMap::new(),
        };
        for (name, value) in environment {
            if let Some((key, value, origin)) = variable(&name.into(), value.into())? {
                given.insert(key, (value, origin));
            }
        }
        for (flag, key, value) in flags {
            if let Some(value) = value {
                given.insert(key.to_owned(), (Value::from(value), flag.to_owned()));
            }
        }
        Ok(Self { given })
    }

    /// Adds `value` for `key` unless a layer gives one: a default of this program's own.
    #[must_use]
    pub fn or(mut self, key: &str, value: &str) -> Self {
        let default = || (Value::from(value), DEFAULTS.to_owned());
        self.given.entry(key.to_owned()).or_insert_with(default);
        self
    }

    /// The section `name`, merged over its defaults. Every key in the section must be known.
    ///
    /// # Errors
    /// [`SettingsError`], for the first thing that is wrong.
    pub fn section<T>(&self, name: &str) -> Result<T, SettingsError>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        if let Some((_, origin)) = self.given.get(name) {
            return Err(SettingsError::UnknownKey {
                key: name.to_owned(),
                origin: origin.clone(),
                allowed: format!("the section [{name}]"),
            });
        }
        let own = |key: &str| key.split('.').next() == Some(name);
        let defaults = BTreeMap::from([(name.to_owned(), T::default())]);
        let mut section = self.part(own, &[], &defaults)?;
        Ok(section.remove(name).unwrap_or_default())
    }

    /// Everything outside `sections` (which other types read), merged over the defaults. Every key must be known.
    ///
    /// # Errors
    /// [`SettingsError`], for the first thing that is wrong.
    pub fn beside<T>(&self, sections: &[&str]) -> Result<T, SettingsError>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let own = |key: &str| {
            !key.split('.')
                .next()
                .is_some_and(|own| sections.contains(&own))
        };
        self.part(own, sections, &T::default())
    }

    /// Those keys of the section `name` that `T` has, merged over its defaults: what another process than the section's own has to know
    /// of it.
    ///
    /// # Errors
    /// [`SettingsError`], for the first value that is wrong.
    pub fn some_of<T>(&self, name: &str) -> Result<T, SettingsError>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let defaults = BTreeMap::from([(name.to_owned(), T::default())]);
        let known = flatten(&given_by(&defaults)?);
        let mut some = self.part(|key| known.contains_key(key), &[], &defaults)?;
        Ok(some.remove(name).unwrap_or_default())
    }

    /// Adds to a broken rule where the values came from.
    ///
    /// # Errors
    /// If the rule is broken.
    pub fn check(&self, rule: Result<(), WrongSetting>) -> Result<(), SettingsError> {
        rule.map_err(|WrongSetting { keys, reason }| {
            let places = keys.iter().map(|key| self.place(key));
            SettingsError::BadValue {
                place: places.collect::<Vec<_>>().join(" with "),
                reason,
            }
        })
    }

    fn place(&self, key: &str) -> String {
        let given = self.given.get(key);
        let origin = given.map_or(DEFAULTS, |(_, origin)| origin.as_str());
        format!("{key} (from {origin})")
    }

    /// The `own` keys. What is not given keeps its default by the types themselves, since a default that is printed may lack its secrets;
    /// `defaults` only tells which keys there are. `sections` are the other sections, for error messages.
    fn part<T: Serialize + DeserializeOwned>(
        &self,
        own: impl Fn(&str) -> bool,
        sections: &[&str],
        defaults: &T,
    ) -> Result<T, SettingsError> {
        let known = flatten(&given_by(defaults)?);
        let given = || self.given.iter().filter(|(key, _)| own(key));
        if let Some((key, (_, origin))) = given().find(|(key, _)| !known.contains_key(*key)) {
            let sections = sections.iter().map(|section| format!("{section}."));
            return Err(SettingsError::UnknownKey {
                key: key.clone(),
                origin: origin.clone(),
                allowed: allowed_beside(key, known.into_keys().chain(sections).collect()),
            });
        }
        let assemble = |only: Option<&str>| -> Result<T, config::ConfigError> {
            let mut builder = Config::builder();
            for (key, (value, _)) in given() {
                if only.is_none_or(|only| only == key) {
                    builder = builder.set_override(key, value.clone())?;
                }
            }
            builder.build()?.try_deserialize()
        };
        assemble(None).map_err(|error| {
            // Find the culprit: the single value that fails when it is the only one given.
            let culprit = given().find_map(|(key, _)| Some((key, assemble(Some(key)).err()?)));
            let (place, error) = match culprit {
                Some((key, error)) => (self.place(key), error),
                None => ("(several together)".to_owned(), error),
            };
            SettingsError::BadValue {
                place,
                reason: reason(&error),
            }
        })
    }
}

/// The values of `defaults`.
fn given_by(defaults: &impl Serialize) -> Result<Value, SettingsError> {
    let read = Config::try_from(defaults).map_err(|error| SettingsError::BadValue {
        place: DEFAULTS.to_owned(),
        reason: error.to_string(),
    });
    Ok(read?.cache)
}

/// The origin of values that no layer gives.
const DEFAULTS: &str = "the defaults";

fn reason(error: &config::ConfigError) -> String {
    if let config::ConfigError::At { error, .. } = error {
        return reason(error);
    }
    error.to_string()
}

/// The setting that an environment variable gives: its key, value and origin. None for other programs' variables.
fn variable(
    name: &OsStr,
    value: OsString,
) -> Result<Option<(String, Value, String)>, SettingsError> {
    let bytes = name.as_encoded_bytes();
    let rest = bytes.strip_prefix(PREFIX.as_bytes());
    if rest.is_none_or(|rest| !rest.starts_with(b"__")) {
        return Ok(None);
    }
    let origin = name.to_string_lossy().into_owned();
    let Some(key) = name.to_str().and_then(env_key) else {
        return Err(SettingsError::UnknownKey {
            key: origin.clone(),
            origin,
            allowed: format!("{PREFIX}__SECTION__KEY, in ASCII"),
        });
    };
    match value.into_string() {
        Ok(value) => Ok(Some((key, Value::from(value), origin))),
        Err(_) => Err(SettingsError::BadValue {
            place: format!("{key} (from {origin})"),
            reason: "its value is not UTF-8".to_owned(),
        }),
    }
}

/// `MARKETPLACE__ORDERS__WAIT_SECONDS` is `orders.wait_seconds`.
fn env_key(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX)?.strip_prefix("__")?;
    Some(rest.to_ascii_lowercase().replace("__", "."))
}

fn flatten(value: &Value) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
        if let ValueKind::Table(table) = &value.kind {
            for (name, value) in table {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                walk(&key, value, out);
            }
        } else {
            out.insert(prefix.to_owned(), value.clone());
        }
    }
    let mut out = BTreeMap::new();
    walk("", value, &mut out);
    out
}

/// The keys allowed in place of `key`: its siblings if it has any, otherwise the sections. A bare section ends in a dot.
fn allowed_beside(key: &str, mut known: Vec<String>) -> String {
    if let Some((section, _)) = key.rsplit_once('.') {
        let section = format!("{section}.");
        let siblings = known.iter().filter(|name| name.starts_with(&section));
        let siblings: Vec<&str> = siblings.map(String::as_str).collect();
        if !siblings.is_empty() {
            return siblings.join(", ");
        }
    }
    known.sort();
    let sections = known
        .iter()
        .map(|name| name.split('.').next().unwrap_or(name));
    let mut sections: Vec<&str> = sections.collect();
    sections.dedup();
    format!("the sections {}", sections.join(", "))
}

#[cfg(test)]
mod tests;
