//! The sections of the shared settings: the purpose of a process, where it listens, and what it connects to. They need no driver, so
//! every process can read one file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kernel::{SecretUri, WrongSetting};
use platform_http::Origin;
use serde::{Deserialize, Serialize};

use super::origins;
use crate::service::StoreConfig;

/// The purpose of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Trials, development, tests.
    Development,
    /// Real money: unsafe settings are rejected.
    Production,
}

/// The section `server`: the public port.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Worker threads; 0 means one per core.
    pub workers: usize,
    /// Origins whose pages may use the API.
    #[serde(with = "origins")]
    pub cors_origins: Vec<Origin>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: 0,
            cors_origins: Vec::new(),
        }
    }
}

impl ServerConfig {
    /// More threads than any machine gains from.
    const MAX_WORKERS: usize = 512;

    pub(super) fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within("server.workers", self.workers, 0..=Self::MAX_WORKERS)
    }

    /// The number of worker threads this resolves to.
    #[must_use]
    pub fn threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            some => some,
        }
    }
}

/// The section `internal`: the port that only the marketplace's own processes and operators reach (`/internal/*`, `/metrics`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InternalConfig {
    /// Address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
}

impl Default for InternalConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9080)),
        }
    }
}

/// The section `mongo`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MongoConfig {
    /// The replica set.
    pub uri: SecretUri,
    /// A file that holds the URI instead, for secrets that are mounted.
    pub uri_file: Option<PathBuf>,
    /// Prefix of database names; an underscore and the service's word follow.
    pub database_prefix: String,
}

impl Default for MongoConfig {
    fn default() -> Self {
        Self {
            uri: "mongodb://127.0.0.1:27017/?replicaSet=rs0"
                .to_owned()
                .into(),
            uri_file: None,
            database_prefix: "marketplace".to_owned(),
        }
    }
}

impl MongoConfig {
    pub(super) fn validate(&self) -> Result<(), WrongSetting> {
        if !matches!(self.uri.scheme(), Some("mongodb" | "mongodb+srv")) {
            let reason = format!("it is {}; it has to begin with mongodb://", self.uri);
            return Err(WrongSetting::new("mongo.uri", reason));
        }
        #[cfg(feature = "mongo")]
        store_mongo::check_uri(&self.uri)
            .map_err(|reason| WrongSetting::new("mongo.uri", reason))?;
        is_a_name("mongo.database_prefix", &self.database_prefix)
    }

    /// The URI, from the setting or from its file.
    ///
    /// # Errors
    /// A sentence if its file cannot be read.
    pub fn resolved_uri(&self) -> Result<SecretUri, String> {
        resolve(&self.uri, self.uri_file.as_deref(), "mongo.uri_file")
    }

    /// The database of `service`, such as `marketplace_wallet`.
    #[must_use]
    pub fn database(&self, service: &str) -> String {
        format!("{}_{service}", self.database_prefix)
    }

    /// The store of `service`.
    ///
    /// # Errors
    /// A sentence if the file with the URI cannot be read.
    pub fn store(&self, service: &str) -> Result<StoreConfig, String> {
        Ok(StoreConfig::Mongo {
            uri: self.resolved_uri()?,
            database: self.database(service),
        })
    }
}

/// The section `amqp`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmqpConfig {
    /// The broker: `amqp://`, or `amqps://` with TLS.
    pub uri: SecretUri,
    /// A file that holds the URI instead, for secrets that are mounted.
    pub uri_file: Option<PathBuf>,
    /// The certificate authorities (PEM) trusted to sign the broker's certificate. If not set, the public ones are trusted.
    pub ca_file: Option<PathBuf>,
    /// Prefix of exchange names, followed by a dot and a word. Queue names get it too, unless it is `marketplace`. Lets several
    /// marketplaces share a broker.
    pub namespace: String,
}

impl Default for AmqpConfig {
    fn default() -> Self {
        Self {
            uri: "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned().into(),
            uri_file: None,
            ca_file: None,
            namespace: "marketplace".to_owned(),
        }
    }
}

impl AmqpConfig {
    pub(super) fn validate(&self) -> Result<(), WrongSetting> {
        if !matches!(self.uri.scheme(), Some("amqp" | "amqps")) {
            let reason = format!(
                "it is {}; it has to begin with amqp:// or amqps://",
                self.uri
            );
            return Err(WrongSetting::new("amqp.uri", reason));
        }
        #[cfg(feature = "amqp")]
        bus_amqp::check_uri(self.uri.expose()).map_err(|reason| {
            WrongSetting::new("amqp.uri", format!("it is {}; it {reason}", self.uri))
        })?;
        is_a_name("amqp.namespace", &self.namespace)
    }

    /// The URI, from the setting or from its file.
    ///
    /// # Errors
    /// A sentence if its file cannot be read.
    pub fn resolved_uri(&self) -> Result<SecretUri, String> {
        resolve(&self.uri, self.uri_file.as_deref(), "amqp.uri_file")
    }

    /// The broker configuration.
    ///
    /// # Errors
    /// A sentence if the URI is invalid, or a file cannot be read or has the wrong contents.
    #[cfg(feature = "amqp")]
    pub fn broker(&self) -> Result<bus_amqp::Broker, String> {
        use bus_amqp::{Broker, BrokerError};
        let uri = self.resolved_uri()?;
        Broker::of(uri.expose(), self.ca_file.as_deref(), &self.namespace).map_err(|error| {
            match error {
                BrokerError::Uri(reason) => format!("amqp.uri is {uri}; {reason}"),
                BrokerError::Authorities(reason) => reason,
            }
        })
    }
}

fn resolve(uri: &SecretUri, file: Option<&Path>, key: &str) -> Result<SecretUri, String> {
    let Some(path) = file else {
        return Ok(uri.clone());
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{key} {}: {error}", path.display()))?;
    Ok(text.trim().to_owned().into())
}

/// Checks that `name` can be a part of any database's, exchange's or queue's name.
fn is_a_name(key: &'static str, name: &str) -> Result<(), WrongSetting> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if (1..=48).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    let reason = format!("it is {name:?}; allowed: 1 to 48 ASCII letters, digits, - and _");
    Err(WrongSetting::new(key, reason))
}
