//! A broker's address, and the names of exchanges and queues in it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};

use super::tls::Tls;
use super::transport::Transport;
use bus::RETRY_DELAYS;

/// The broker's name in traces.
pub(super) const SYSTEM: &str = "rabbitmq";
/// Seconds between heartbeats.
const HEARTBEAT: u16 = 10;
/// Largest frame. Messages are small, and lapin buffers 32 frames in each direction.
const FRAME: u32 = 16 * 1024;
/// Timeout for making a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Missed heartbeats after which a broker counts as gone. The broker sends heartbeats at half the interval.
const MISSING: u32 = 3;
/// The namespace whose queues have no prefix.
const DEFAULT_NAMESPACE: &str = "marketplace";
/// Every broker's password for its local guest; not a secret.
const GUEST: &str = "guest";

/// A broker and this marketplace's names in it: the validated `amqp` section of the settings.
#[derive(Clone)]
pub struct Broker {
    /// The broker's address and our credentials.
    pub(super) uri: BrokerUri,
    /// TLS for the connection, if any.
    tls: Option<Tls>,
    /// Prefix of exchange names; also of queue names unless it is `marketplace`.
    pub(super) namespace: String,
    /// Delays before the second, third, … delivery; the last repeats. Not configurable: a queue's delay is part of its name.
    pub(super) delays: Delays,
}

/// Why the configured broker cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// What is wrong with the URI. Omits the URI itself, which may hold a password.
    #[error("{0}")]
    Uri(String),
    /// What is wrong with the certificate authorities.
    #[error("{0}")]
    Authorities(String),
}

impl Broker {
    /// The broker at `uri`. With `authorities`, one of the certificate authorities in that file must have signed its certificate.
    ///
    /// # Errors
    /// [`BrokerError`] if the URI is invalid, or the file cannot be read or holds no certificates.
    pub fn of(uri: &str, authorities: Option<&Path>, namespace: &str) -> Result<Self, BrokerError> {
        let uri: BrokerUri = uri
            .parse()
            .map_err(|reason: String| BrokerError::Uri(format!("it {reason}")))?;
        let tls = match uri.0.scheme {
            AMQPScheme::AMQPS => Some(
                Tls::with(&uri.0.authority.host, authorities).map_err(BrokerError::Authorities)?,
            ),
            AMQPScheme::AMQP if authorities.is_some() => {
                return Err(BrokerError::Uri(
                    "with amqp.ca_file it must begin with amqps://".to_owned(),
                ));
            }
            AMQPScheme::AMQP => None,
        };
        Ok(Self {
            uri,
            tls,
            namespace: namespace.to_owned(),
            delays: Delays::default(),
        })
    }

    /// What a connection needs in order to dial.
    pub(super) fn to_dial(&self) -> Address {
        let uri = self.uri.to_dial();
        let heartbeat = uri.query.heartbeat.filter(|seconds| *seconds > 0);
        Address {
            transport: Transport {
                tls: self.tls.clone(),
                connect: CONNECT,
                silence: heartbeat.map(|seconds| Duration::from_secs(seconds.into()) * MISSING),
            },
            // TLS is set up before lapin sees the connection. Built without its own TLS, lapin treats an amqps:// address as a plain one.
            uri: AMQPUri {
                scheme: AMQPScheme::AMQP,
                ..uri
            },
        }
    }

    pub(super) fn names(&self) -> Names {
        Names {
            namespace: self.namespace.clone(),
            delays: self.delays,
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("uri", &self.uri)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// Where to dial, and how.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) uri: AMQPUri,
    pub(super) transport: Transport,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Delays(pub(super) [Duration; RETRY_DELAYS.len()]);

impl Default for Delays {
    fn default() -> Self {
        Self(RETRY_DELAYS)
    }
}

/// An AMQP URI such as `amqp://user:password@host:5672/%2f`. Its password is never printed, except the broker's own default.
#[derive(Clone)]
pub(super) struct BrokerUri(AMQPUri);

impl BrokerUri {
    /// The URI, with our defaults for heartbeats and frame size where it sets none.
    fn to_dial(&self) -> AMQPUri {
        let mut uri = self.0.clone();
        let query = &mut uri.query;
        query.heartbeat.get_or_insert(HEARTBEAT);
        query.frame_max.get_or_insert(FRAME);
        uri
    }
}

impl FromStr for BrokerUri {
    type Err = String;
    fn from_str(raw: &str) -> Result<Self, String> {
        // The parser's error may quote the URI, password included.
        let mut uri: AMQPUri = raw.parse().map_err(|_: String| {
            "must be an AMQP URI such as amqp://user:password@host:5672/%2f".to_owned()
        })?;
        // The parser would silently fall back to localhost.
        if raw.contains("//[") || raw.contains("@[") {
            return Err("must name the broker by a host name or an IPv4 address".to_owned());
        }
        // `amqp://host/` names the virtual host "", which does not exist. RabbitMQ's Cluster Operator writes it and means the default
        // host.
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

/// Names of exchanges and queues.
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
    /// Receives the subscription's messages.
    pub(super) main: String,
    /// Hold messages before the second, third, … delivery, with the delay of each.
    pub(super) retries: Vec<(String, Duration)>,
    /// Holds dead-lettered messages.
    pub(super) dead: String,
}

impl QueueNames {
    /// The queue for a message that has failed `attempts` times.
    pub(super) fn retry(&self, attempts: usize) -> Option<&str> {
        self.retries
            .get(attempts.saturating_sub(1))
            .or(self.retries.last())
            .map(|(name, _)| name.as_str())
    }
}

/// A delay as written in a queue's name: `5s`, `5m`.
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

    fn broker(uri: &str, namespace: &str) -> Broker {
        Broker::of(uri, None, namespace).unwrap()
    }

    #[test]
    fn a_password_is_printed_nowhere_and_kept_for_dialling() {
        let broker = broker("amqp://shop:hunter2@broker:5673/live", "marketplace");
        for shown in [broker.uri.to_string(), format!("{broker:?}")] {
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("shop"), "{shown}");
        }
        assert_eq!(broker.uri.to_dial().authority.userinfo.password, "hunter2");
        let error = "shop:hunter2@broker".parse::<BrokerUri>().err().unwrap();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_broker_has_a_name_or_an_ipv4_address() {
        let host = |raw: &str| -> Result<String, String> {
            let uri: BrokerUri = raw.parse()?;
            Ok(uri.to_dial().authority.host)
        };
        assert_eq!(host("amqp://u:p@10.1.2.3/live").unwrap(), "10.1.2.3");
        assert_eq!(host("amqps://u:p@b.example/live").unwrap(), "b.example");
        for raw in ["amqp://u:p@[2001:db8::1]:5672/live", "amqps://[::1]/live"] {
            assert!(host(raw).unwrap_err().contains("IPv4"), "{raw}");
        }
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
    fn queues_have_a_prefix_only_outside_the_default_namespace_and_retries_tell_their_delay() {
        let default = broker("amqp://guest:guest@127.0.0.1:5672/%2f", "marketplace");
        let queue = default.names().queue("wallet.commands");
        assert_eq!(queue.main, "wallet.commands");
        assert_eq!(queue.dead, "wallet.commands.dead");
        let waits = [1, 2, 3, 4, 5].map(|attempts| queue.retry(attempts).unwrap().to_owned());
        let names =
            ["5s", "30s", "5m", "5m", "5m"].map(|delay| format!("wallet.commands.retry.{delay}"));
        assert_eq!(waits, names);
        let blue = broker("amqp://guest:guest@127.0.0.1:5672/%2f", "blue");
        assert_eq!(
            blue.names().queue("wallet.commands").main,
            "blue.wallet.commands"
        );
        assert_eq!(blue.names().events(), "blue.events");
    }
}
