//! Settings of the broker, and the names that things have in it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lapin::uri::AMQPUri;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::bus::RETRY_DELAYS;
use crate::connections;

/// Seconds between heartbeats.
const HEARTBEAT: u16 = 10;
/// Largest frame. Messages are small, and lapin keeps buffers of 32 frames in each direction.
const FRAME: u32 = 16 * 1024;
/// Milliseconds to wait for a TCP connection.
const CONNECT: u64 = 5_000;
/// The namespace whose queues have no prefix.
const DEFAULT_NAMESPACE: &str = "marketplace";
/// The password that every broker has for its local guest: no secret.
const GUEST: &str = "guest";

/// The section `[amqp]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AmqpConfig {
    /// Where the broker is and who we are there.
    pub uri: BrokerUri,
    /// Prefix of the exchanges' names, and of queues' names when it is not `marketplace`.
    pub namespace: String,
    /// Waits before the second, third, … delivery; the last repeats. No setting: a queue's delay is part of its name.
    #[serde(skip)]
    pub(crate) delays: Delays,
}

impl Default for AmqpConfig {
    fn default() -> Self {
        Self {
            uri: BrokerUri::default(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
            delays: Delays::default(),
        }
    }
}

impl AmqpConfig {
    /// What the section `amqp` of the settings says.
    ///
    /// # Errors
    /// A sentence if the URI is none or its file cannot be read.
    pub fn of(settings: &connections::AmqpConfig) -> Result<Self, String> {
        let uri = settings.resolved_uri()?;
        Ok(Self {
            uri: uri
                .expose()
                .parse()
                .map_err(|reason| format!("amqp.uri is {uri}; it {reason}"))?,
            namespace: settings.namespace.clone(),
            delays: Delays::default(),
        })
    }

    pub(super) fn names(&self) -> Names {
        Names {
            namespace: self.namespace.clone(),
            delays: self.delays,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Delays(pub(crate) [Duration; RETRY_DELAYS.len()]);

impl Default for Delays {
    fn default() -> Self {
        Self(RETRY_DELAYS)
    }
}

/// An AMQP URI such as `amqp://user:password@host:5672/%2f`. Its password is never printed, save the broker's own default.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BrokerUri(AMQPUri);

impl BrokerUri {
    /// The URI with what we always want: heartbeats, small frames, an end to waiting.
    pub(super) fn to_dial(&self) -> AMQPUri {
        let mut uri = self.0.clone();
        let query = &mut uri.query;
        query.heartbeat.get_or_insert(HEARTBEAT);
        query.frame_max.get_or_insert(FRAME);
        query.connection_timeout.get_or_insert(CONNECT);
        uri
    }
}

impl FromStr for BrokerUri {
    type Err = String;
    fn from_str(raw: &str) -> Result<Self, String> {
        // The parser's own words may quote the URI, password and all.
        let mut uri: AMQPUri = raw.parse().map_err(|_: String| {
            "must be an AMQP URI such as amqp://user:password@host:5672/%2f".to_owned()
        })?;
        // `amqp://host/` names the virtual host "", which nobody has; who writes it (RabbitMQ's Cluster Operator does) means the default.
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        Ok(Self(uri))
    }
}

impl fmt::Display for BrokerUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut uri = self.0.clone();
        if uri.authority.userinfo.password != GUEST {
            "REDACTED".clone_into(&mut uri.authority.userinfo.password);
        }
        uri.fmt(f)
    }
}

impl fmt::Debug for BrokerUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BrokerUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BrokerUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        raw.parse().map_err(D::Error::custom)
    }
}

/// What exchanges and queues are called.
#[derive(Debug, Clone)]
pub(super) struct Names {
    namespace: String,
    delays: Delays,
}

impl Names {
    pub(super) fn events(&self) -> String {
        format!("{}.events", self.namespace)
    }

    pub(super) fn commands(&self) -> String {
        format!("{}.commands", self.namespace)
    }

    pub(super) fn hints(&self, name: &str) -> String {
        format!("{}.hints.{name}", self.namespace)
    }

    /// The queue of a subscription, and its companions.
    pub(super) fn queue(&self, name: &str) -> QueueNames {
        let main = if self.namespace == DEFAULT_NAMESPACE {
            name.to_owned()
        } else {
            format!("{}.{name}", self.namespace)
        };
        QueueNames {
            retries: self
                .delays
                .0
                .iter()
                .map(|delay| (format!("{main}.retry.{}", label(*delay)), *delay))
                .collect(),
            dead: format!("{main}.dead"),
            main,
        }
    }
}

/// The queues of one subscription.
#[derive(Debug, Clone)]
pub(super) struct QueueNames {
    /// Where its messages arrive.
    pub(super) main: String,
    /// Where they wait before the second, third, … delivery, and how long.
    pub(super) retries: Vec<(String, Duration)>,
    /// Where those are kept that were given up.
    pub(super) dead: String,
}

impl QueueNames {
    /// Where a message waits that failed `attempts` times.
    pub(super) fn retry(&self, attempts: usize) -> Option<&str> {
        self.retries
            .get(attempts.saturating_sub(1))
            .or(self.retries.last())
            .map(|(name, _)| name.as_str())
    }
}

/// `5s`, `5m`: a delay as it stands in a queue's name.
fn label(delay: Duration) -> String {
    let millis = delay.as_millis();
    if millis.is_multiple_of(60_000) {
        format!("{}m", millis / 60_000)
    } else if millis.is_multiple_of(1_000) {
        format!("{}s", millis / 1_000)
    } else {
        format!("{millis}ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_printed_nowhere_and_kept_for_dialling() {
        let uri: BrokerUri = "amqp://shop:hunter2@broker:5673/live".parse().unwrap();
        let config = AmqpConfig {
            uri: uri.clone(),
            ..AmqpConfig::default()
        };
        let serialized = serde_json::to_string(&config).unwrap();
        for shown in [uri.to_string(), format!("{config:?}"), serialized] {
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("shop"), "{shown}");
        }
        assert_eq!(uri.to_dial().authority.userinfo.password, "hunter2");
        let error = "shop:hunter2@broker".parse::<BrokerUri>().unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_uri_that_names_no_virtual_host_means_the_default_one() {
        for raw in [
            "amqp://u:p@h:5672/",
            "amqp://u:p@h:5672",
            "amqp://u:p@h/%2f",
        ] {
            assert_eq!(
                raw.parse::<BrokerUri>().unwrap().to_dial().vhost,
                "/",
                "{raw}"
            );
        }
        let named: BrokerUri = "amqp://u:p@h/live".parse().unwrap();
        assert_eq!(named.to_dial().vhost, "live");
    }

    #[test]
    fn the_defaults_survive_being_written_and_read_as_the_settings_loader_does() {
        let written = serde_json::to_string(&AmqpConfig::default()).unwrap();
        let read: AmqpConfig = serde_json::from_str(&written).unwrap();
        assert_eq!(read.uri, BrokerUri::default());
        assert_eq!(read.namespace, "marketplace");
        assert!(serde_json::from_str::<AmqpConfig>(r#"{"url": ""}"#).is_err());
    }

    #[test]
    fn queues_have_a_prefix_only_outside_the_default_namespace_and_retries_tell_their_delay() {
        let mut config = AmqpConfig::default();
        let queue = config.names().queue("wallet.commands");
        assert_eq!(queue.main, "wallet.commands");
        assert_eq!(queue.dead, "wallet.commands.dead");
        let waits = [1, 2, 3, 4, 5].map(|attempts| queue.retry(attempts).unwrap().to_owned());
        let names =
            ["5s", "30s", "5m", "5m", "5m"].map(|delay| format!("wallet.commands.retry.{delay}"));
        assert_eq!(waits, names);
        config.namespace = "blue".to_owned();
        assert_eq!(
            config.names().queue("wallet.commands").main,
            "blue.wallet.commands"
        );
        assert_eq!(config.names().events(), "blue.events");
    }
}
