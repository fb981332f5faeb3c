//! Layered settings: defaults < file (TOML) < environment `MARKETPLACE__SECTION__KEY` < flags. A key that no setting has, or a
//! value of the wrong kind, is refused with its name, where it came from and what is allowed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Value, ValueKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Prefix of the environment's variables.
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
    /// A key that no setting has.
    #[error("there is no setting {key} (from {origin}); allowed: {allowed}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it came from.
        origin: String,
        /// What could stand in its place.
        allowed: String,
    },
    /// A value that the setting cannot have.
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

/// A flag that stands for a setting.
#[derive(Debug, Clone)]
pub struct Flag {
    /// How it is written, for messages.
    pub flag: &'static str,
    /// The setting's key, such as `server.listen`.
    pub key: &'static str,
    /// The value given.
    pub value: String,
}

/// Which of the keys that are given a `T` has to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    /// The section that `T` is; all keys outside of it are somebody else's.
    pub section: Option<&'a str>,
    /// Keys and sections that are somebody else's.
    pub others: &'a [&'a str],
}

impl Scope<'_> {
    /// What `key` is called within the scope; None if it is somebody else's.
    fn own<'k>(&self, key: &'k str) -> Option<&'k str> {
        if let Some(section) = self.section {
            return key.strip_prefix(section)?.strip_prefix('.');
        }
        let others = self.others.iter().any(|other| {
            key.strip_prefix(other)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        (!others).then_some(key)
    }

    /// What the user calls a key of the scope.
    fn full(&self, key: &str) -> String {
        self.section
            .map_or_else(|| key.to_owned(), |section| format!("{section}.{key}"))
    }
}

/// Merges the layers into a `T` that has to know every key.
///
/// # Errors
/// [`SettingsError`], for the first thing that is wrong.
pub fn load<T>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[Flag],
) -> Result<T, SettingsError>
where
    T: Default + Serialize + DeserializeOwned,
{
    load_within(Scope::default(), file, environment, flags)
}

/// Merges the layers into a `T` that has to know every key within `scope`: processes that share a settings file each read their part.
///
/// # Errors
/// [`SettingsError`], for the first thing that is wrong.
pub fn load_within<T>(
    scope: Scope<'_>,
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[Flag],
) -> Result<T, SettingsError>
where
    T: Default + Serialize + DeserializeOwned,
{
    let known = flatten(&defaults::<T>()?);
    let mut given: BTreeMap<String, (Value, String)> = BTreeMap::new();
    let mut give = |key: &str, value: Value, origin: String| {
        if let Some(own) = scope.own(key) {
            given.insert(own.to_owned(), (value, origin));
        }
    };
    if let Some(path) = file {
        for (key, value) in from_file(path)? {
            give(&key, value, path.display().to_string());
        }
    }
    for (name, value) in environment {
        if let Some(key) = env_key(&name) {
            give(&key, Value::from(value), name);
        }
    }
    for flag in flags {
        give(
            flag.key,
            Value::from(flag.value.clone()),
            flag.flag.to_owned(),
        );
    }
    for (key, (_, origin)) in &given {
        if !known.contains_key(key) {
            return Err(SettingsError::UnknownKey {
                key: scope.full(key),
                origin: origin.clone(),
                allowed: allowed_beside(key, &known),
            });
        }
    }
    let assemble = |only: Option<&str>| -> Result<T, config::ConfigError> {
        let mut builder = Config::builder().add_source(Config::try_from(&T::default())?);
        for (key, (value, _)) in &given {
            if only.is_none_or(|only| only == key) {
                builder = builder.set_override(key, value.clone())?;
            }
        }
        builder.build()?.try_deserialize()
    };
    assemble(None).map_err(|error| {
        // Name the culprit: the one value that fails on top of the defaults by itself.
        for (key, (_, origin)) in &given {
            if let Err(error) = assemble(Some(key)) {
                return SettingsError::BadValue {
                    key: scope.full(key),
                    origin: origin.clone(),
                    reason: reason(&error),
                };
            }
        }
        SettingsError::BadValue {
            key: "(several)".to_owned(),
            origin: "the settings together".to_owned(),
            reason: reason(&error),
        }
    })
}

fn reason(error: &config::ConfigError) -> String {
    if let config::ConfigError::At { error, .. } = error {
        return reason(error);
    }
    error.to_string()
}

fn defaults<T: Default + Serialize>() -> Result<Value, SettingsError> {
    Config::try_from(&T::default())
        .map(|config| config.cache)
        .map_err(|error| SettingsError::BadValue {
            key: "(all)".to_owned(),
            origin: "the defaults".to_owned(),
            reason: error.to_string(),
        })
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

fn allowed_beside(key: &str, known: &BTreeMap<String, Value>) -> String {
    let section = key
        .rsplit_once('.')
        .map(|(section, _)| format!("{section}."));
    let siblings: Vec<&str> = known
        .keys()
        .filter(|name| {
            section
                .as_deref()
                .is_some_and(|section| name.starts_with(section))
        })
        .map(String::as_str)
        .collect();
    if !siblings.is_empty() {
        return siblings.join(", ");
    }
    if known.keys().all(|name| !name.contains('.')) {
        return known.keys().cloned().collect::<Vec<_>>().join(", ");
    }
    let mut sections: Vec<&str> = known
        .keys()
        .map(|name| name.split('.').next().unwrap_or(name))
        .collect();
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

    #[test]
    fn later_layers_win() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.toml");
        std::fs::write(&file, "[server]\nport = 1\nopen = true\n").unwrap();
        let settings: Settings =
            load(Some(&file), env("MARKETPLACE__SERVER__PORT", "2"), &[]).unwrap();
        assert_eq!((settings.server.port, settings.server.open), (2, true));
        let flag = Flag {
            flag: "--port",
            key: "server.port",
            value: "3".to_owned(),
        };
        let settings: Settings =
            load(Some(&file), env("MARKETPLACE__SERVER__PORT", "2"), &[flag]).unwrap();
        assert_eq!(settings.server.port, 3);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_origin_and_what_is_allowed() {
        let error = load::<Settings>(None, env("MARKETPLACE__SERVER__PROT", "2"), &[])
            .unwrap_err()
            .to_string();
        for part in ["server.prot", "MARKETPLACE__SERVER__PROT", "server.port"] {
            assert!(error.contains(part), "{error}");
        }
        let error = load::<Settings>(None, env("MARKETPLACE__SEVRER__PORT", "2"), &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("the sections server"), "{error}");
    }

    #[test]
    fn a_bad_value_is_refused_with_its_key_and_origin() {
        let error = load::<Settings>(None, env("MARKETPLACE__SERVER__PORT", "99999"), &[])
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
        let shared = Scope {
            others: &["wallet"],
            ..Scope::default()
        };
        let settings: Settings = load_within(shared, Some(&file), Vec::new(), &[]).unwrap();
        assert_eq!(settings.server.port, 7);
        assert!(load::<Settings>(Some(&file), Vec::new(), &[]).is_err());
        let section = Scope {
            section: Some("server"),
            ..Scope::default()
        };
        let server: Server = load_within(section, Some(&file), Vec::new(), &[]).unwrap();
        assert_eq!(server.port, 7);
        let error =
            load_within::<Server>(section, None, env("MARKETPLACE__SERVER__PROT", "2"), &[])
                .unwrap_err()
                .to_string();
        assert!(
            error.contains("server.prot") && error.contains("open, port"),
            "{error}"
        );
    }

    #[test]
    fn other_variables_are_none_of_our_business() {
        assert!(load::<Settings>(None, env("MARKETPLACES", "1"), &[]).is_ok());
    }
}
