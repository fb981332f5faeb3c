//! Layered settings: defaults < file (TOML) < environment `MARKETPLACE__SECTION__KEY` < flags. An unknown key, or a value of the wrong
//! type, is rejected with its name, its origin and what is allowed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Value, ValueKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
    #[error("the setting {key} (from {origin}) is wrong: {reason}")]
    BadValue {
        /// The key.
        key: String,
        /// Where it came from.
        origin: String,
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
    /// Reads every layer except the defaults.
    ///
    /// # Errors
    /// [`SettingsError::File`].
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<Self, SettingsError> {
        let mut given = BTreeMap::new();
        if let Some(path) = file {
            for (key, value) in from_file(path)? {
                given.insert(key, (value, path.display().to_string()));
            }
        }
        for (name, value) in environment {
            if let Some(key) = env_key(&name) {
                given.insert(key, (Value::from(value), name));
            }
        }
        for (flag, key, value) in flags {
            if let Some(value) = value {
                given.insert(key.to_owned(), (Value::from(value), flag.to_owned()));
            }
        }
        Ok(Self { given })
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
        let defaults = BTreeMap::from([(name, T::default())]);
        let mut section: BTreeMap<String, T> = self.part(own, &[], &defaults)?;
        Ok(section.remove(name).unwrap_or_default())
    }

    /// Everything outside `sections` (which other types read), merged over `defaults`. Every key must be known.
    ///
    /// # Errors
    /// [`SettingsError`], for the first thing that is wrong.
    pub fn beside<T>(&self, sections: &[&str], defaults: &T) -> Result<T, SettingsError>
    where
        T: Serialize + DeserializeOwned,
    {
        let own = |key: &str| {
            !key.split('.')
                .next()
                .is_some_and(|own| sections.contains(&own))
        };
        self.part(own, sections, defaults)
    }

    /// The `own` keys, merged over `defaults`. `sections` are the other sections, for error messages.
    fn part<T: DeserializeOwned>(
        &self,
        own: impl Fn(&str) -> bool,
        sections: &[&str],
        defaults: &impl Serialize,
    ) -> Result<T, SettingsError> {
        let broken = |error: config::ConfigError| SettingsError::BadValue {
            key: "(all)".to_owned(),
            origin: "the defaults".to_owned(),
            reason: error.to_string(),
        };
        let defaults = Config::try_from(defaults).map_err(broken)?;
        let known = flatten(&defaults.cache);
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
            let mut builder = Config::builder().add_source(defaults.clone());
            for (key, (value, _)) in given() {
                if only.is_none_or(|only| only == key) {
                    builder = builder.set_override(key, value.clone())?;
                }
            }
            builder.build()?.try_deserialize()
        };
        assemble(None).map_err(|error| {
            // Find the culprit: the single value that fails when applied alone on top of the defaults.
            let culprit = given().find_map(|(key, (_, origin))| {
                let error = assemble(Some(key)).err()?;
                Some((key.as_str(), origin.as_str(), error))
            });
            let (key, origin, error) =
                culprit.unwrap_or(("(several)", "the settings together", error));
            SettingsError::BadValue {
                key: key.to_owned(),
                origin: origin.to_owned(),
                reason: reason(&error),
            }
        })
    }
}

fn reason(error: &config::ConfigError) -> String {
    if let config::ConfigError::At { error, .. } = error {
        return reason(error);
    }
    error.to_string()
}

fn from_file(path: &Path) -> Result<BTreeMap<String, Value>, SettingsError> {
    let wrong = |reason: String| SettingsError::File {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let parsed = Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(flatten(&parsed.cache))
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
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        server: Server,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Server {
        port: u16,
        open: bool,
        secret: Option<String>,
    }

    impl Default for Settings {
        fn default() -> Self {
            Self {
                server: Server {
                    port: 8080,
                    open: false,
                    secret: Some(String::new()),
                },
            }
        }
    }

    fn env(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    fn load(
        file: Option<&Path>,
        environment: Vec<(String, String)>,
        flags: Option<Flag>,
    ) -> Result<Settings, SettingsError> {
        Layers::read(file, environment, flags)?.beside(&[], &Settings::default())
    }

    #[test]
    fn later_layers_win() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.toml");
        std::fs::write(&file, "[server]\nport = 1\nopen = true\n").unwrap();
        let settings: Settings =
            load(Some(&file), env("MARKETPLACE__SERVER__PORT", "2"), None).unwrap();
        assert_eq!((settings.server.port, settings.server.open), (2, true));
        let flag = ("--port", "server.port", Some("3".to_owned()));
        let settings: Settings = load(
            Some(&file),
            env("MARKETPLACE__SERVER__PORT", "2"),
            Some(flag),
        )
        .unwrap();
        assert_eq!(settings.server.port, 3);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_origin_and_what_is_allowed() {
        let error = load(None, env("MARKETPLACE__SERVER__PROT", "2"), None)
            .unwrap_err()
            .to_string();
        for part in ["server.prot", "MARKETPLACE__SERVER__PROT", "server.port"] {
            assert!(error.contains(part), "{error}");
        }
        let error = load(None, env("MARKETPLACE__SEVRER__PORT", "2"), None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("the sections server"), "{error}");
    }

    #[test]
    fn a_bad_value_is_refused_with_its_key_and_origin() {
        let error = load(None, env("MARKETPLACE__SERVER__PORT", "99999"), None)
            .unwrap_err()
            .to_string();
        for part in ["server.port", "MARKETPLACE__SERVER__PORT"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn processes_that_share_a_file_read_their_part_and_refuse_what_nobody_knows() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.toml");
        std::fs::write(&file, "[server]\nport = 7\n[wallet]\nfee = 1\n").unwrap();
        let layers = Layers::read(Some(&file), Vec::new(), None).unwrap();
        let settings: Settings = layers.beside(&["wallet"], &Settings::default()).unwrap();
        assert_eq!(settings.server.port, 7);
        assert!(load(Some(&file), Vec::new(), None).is_err());
        let server: Server = layers.section("server").unwrap();
        assert_eq!(server.port, 7);
        let typo = Layers::read(None, env("MARKETPLACE__SERVER__PROT", "2"), None).unwrap();
        let error = typo.section::<Server>("server").unwrap_err().to_string();
        for part in ["server.prot", "server.open, server.port"] {
            assert!(error.contains(part), "{error}");
        }
        let typo = Layers::read(None, env("MARKETPLACE__WALET__FEE", "2"), None).unwrap();
        let error = typo.beside(&["wallet"], &Settings::default()).unwrap_err();
        assert!(
            error.to_string().contains("the sections server, wallet"),
            "{error}"
        );
    }

    #[test]
    fn other_variables_are_none_of_our_business() {
        assert!(load(None, env("MARKETPLACES", "1"), None).is_ok());
    }
}
