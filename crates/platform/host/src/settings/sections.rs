//! The sections of the shared settings: the purpose of a process, where it listens, and what it connects to. They need no driver, so
//! every process can read one file.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use platform_http::Origin;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

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

/// A URI that may hold a password. It prints and serialises without the password.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct SecretUri(SecretString);

impl SecretUri {
    /// The complete URI, including any password.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The complete URI as a secret.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        self.0.clone()
    }
}

impl From<String> for SecretUri {
    fn from(uri: String) -> Self {
        Self(SecretString::from(uri))
    }
}

impl fmt::Display for SecretUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.expose();
        let Some((account, hosts)) = uri.rsplit_once('@') else {
            return f.write_str(uri);
        };
        // Without a scheme it is not a valid URI, but it may still hold a password.
        let (scheme, account) = match account.split_once("://") {
            Some((scheme, account)) => (format!("{scheme}://"), account),
            None => (String::new(), account),
        };
        match account.split_once(':') {
            Some((user, _)) => write!(f, "{scheme}{user}:***@{hosts}"),
            None => f.write_str(uri),
        }
    }
}

impl fmt::Debug for SecretUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for SecretUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
            uri: self.resolved_uri()?.secret(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        let uri = SecretUri::from("amqp://shop:s3cret@broker:5672/%2f".to_owned());
        assert_eq!(uri.to_string(), "amqp://shop:***@broker:5672/%2f");
        assert_eq!(format!("{uri:?}"), "amqp://shop:***@broker:5672/%2f");
        assert_eq!(uri.expose(), "amqp://shop:s3cret@broker:5672/%2f");
        for (written, printed) in [
            ("shop:s3cret@broker", "shop:***@broker"),
            ("amqp://shop:s3:c@r:e/t@broker", "amqp://shop:***@broker"),
            ("amqp://shop:http://s3cret@broker", "amqp://shop:***@broker"),
            ("shop@broker", "shop@broker"),
        ] {
            assert_eq!(SecretUri::from(written.to_owned()).to_string(), printed);
        }
        let plain = SecretUri::from("mongodb://127.0.0.1/?replicaSet=rs0".to_owned());
        assert_eq!(plain.to_string(), "mongodb://127.0.0.1/?replicaSet=rs0");
    }
}
