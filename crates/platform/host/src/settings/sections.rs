//! The sections of the shared settings: the purpose of a process, where it listens, and what it connects to. They need no driver, so
//! every process can read one file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contracts::sellers::SellersMode;
use kernel::{Clock, SecretUri, WrongSetting};
use platform_http::{Limits, Network, Networks, Origin, Quotas, most_connections};
use serde::{Deserialize, Serialize};
use telemetry::metrics::HttpMetrics;

use super::lists;
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
    /// In production, the public port may be on another address than this machine's own only if this is true: it speaks plain HTTP, so a
    /// proxy has to end TLS before it.
    pub allow_plain_http: bool,
    /// Origins whose pages may use the API.
    #[serde(with = "lists")]
    pub cors_origins: Vec<Origin>,
    /// Proxies whose word about a client's address counts (`X-Forwarded-For`, `Forwarded`).
    #[serde(with = "lists")]
    pub trusted_proxies: Vec<Network>,
    /// Clients that are exempt from limits.
    #[serde(with = "lists")]
    pub unlimited_clients: Vec<Network>,
    /// Lists and searches that one caller may ask for in a minute; 0 means any number.
    pub lists_per_minute: u32,
    /// Creations that one caller may ask for in a minute; 0 means any number.
    pub creates_per_minute: u32,
    /// Open connections; 0 means as many as the process has descriptors for.
    pub max_connections: usize,
    /// Where people reach the marketplace, such as `https://shop.example`: links in mails lead there.
    pub public_url: Option<Origin>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: 0,
            allow_plain_http: false,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            unlimited_clients: Vec::new(),
            lists_per_minute: Quotas::default().lists_per_minute,
            creates_per_minute: Quotas::default().creates_per_minute,
            max_connections: 0,
            public_url: None,
        }
    }
}

impl ServerConfig {
    /// More threads than any machine gains from.
    const MAX_WORKERS: usize = 512;
    /// More than one server answers.
    const MAX_QUOTA: u32 = 10_000_000;
    /// More than a process may open.
    const MAX_CONNECTIONS: usize = 1_000_000;

    pub(super) fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within("server.workers", self.workers, 0..=Self::MAX_WORKERS)?;
        for (key, quota) in [
            ("server.lists_per_minute", self.lists_per_minute),
            ("server.creates_per_minute", self.creates_per_minute),
        ] {
            WrongSetting::unless_within(key, quota, 0..=Self::MAX_QUOTA)?;
        }
        WrongSetting::unless_within(
            "server.max_connections",
            self.max_connections,
            0..=Self::MAX_CONNECTIONS,
        )
    }

    /// The limits of clients of the public port.
    #[must_use]
    pub(crate) fn limits(&self, clock: Arc<dyn Clock>, metrics: HttpMetrics) -> Limits {
        let quotas = Quotas {
            lists_per_minute: self.lists_per_minute,
            creates_per_minute: self.creates_per_minute,
        };
        let proxies = Networks::of(&self.trusted_proxies);
        let unlimited = Networks::of(&self.unlimited_clients);
        Limits::new(clock, metrics, quotas, proxies, unlimited)
    }

    /// How many connections of the public port may be open.
    #[must_use]
    pub(crate) fn connections(&self) -> usize {
        match self.max_connections {
            0 => most_connections(),
            some => some,
        }
    }

    /// Refuses what strangers on the way could read.
    pub(super) fn allowed_in(&self, profile: Profile) -> Result<(), WrongSetting> {
        let is_open = !self.listen.ip().is_loopback();
        if profile == Profile::Production && is_open && !self.allow_plain_http {
            let reason = format!(
                "production does not serve plain HTTP on {}: set server.listen to an address of 127.0.0.0/8 behind a proxy that ends TLS, or \
                 server.allow_plain_http = true if such a proxy is on another machine",
                self.listen
            );
            return Err(WrongSetting::together(
                &["server.listen", "profile"],
                reason,
            ));
        }
        Ok(())
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

/// The section `sellers`: who may sell. The user and the product service read it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SellersConfig {
    /// `open` (every user) or `review` (users that an operator has approved).
    pub mode: SellersMode,
}

/// What others than the order service read of the section `orders`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct ReturnWindow {
    /// Time from delivery to paying the seller of a shipped part.
    pub return_window_seconds: u64,
}

impl Default for ReturnWindow {
    fn default() -> Self {
        Self {
            return_window_seconds: 14 * Self::DAY,
        }
    }
}

impl ReturnWindow {
    const DAY: u64 = 24 * 60 * 60;

    /// It in whole days.
    #[must_use]
    pub fn days(self) -> u32 {
        u32::try_from(self.return_window_seconds / Self::DAY).unwrap_or(u32::MAX)
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

    /// Refuses servers that let everybody in.
    ///
    /// # Errors
    /// The settings at fault.
    pub fn allowed_in(&self, profile: Profile) -> Result<(), WrongSetting> {
        let Ok(uri) = self.resolved_uri() else {
            // Opening the store says why.
            return Ok(());
        };
        let proves_itself = uri.has_credentials() || uri.expose().contains("authMechanism=");
        if profile == Profile::Production && !proves_itself {
            let reason = "production refuses servers without credentials: whoever reaches them owns the data";
            return Err(WrongSetting::together(&["mongo.uri", "profile"], reason));
        }
        Ok(())
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

    /// Refuses the account that every broker is delivered with.
    ///
    /// # Errors
    /// The settings at fault.
    pub fn allowed_in(&self, profile: Profile) -> Result<(), WrongSetting> {
        let Ok(uri) = self.resolved_uri() else {
            // Connecting says why.
            return Ok(());
        };
        if profile == Profile::Production && uri.user().is_none_or(|user| user == "guest") {
            let reason = "production refuses the broker's account guest, whose password everybody knows: make one for the marketplace";
            return Err(WrongSetting::together(&["amqp.uri", "profile"], reason));
        }
        Ok(())
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
