//! A broker's address, and the names of exchanges and queues in it.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use contracts::Kind;
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
/// Timeout for making a connection. An attempt that a dead network swallows must not outlast the network's return by much.
const CONNECT: Duration = Duration::from_secs(2);
/// Missed heartbeats after which a broker counts as gone. The broker sends heartbeats at half the interval.
const MISSING: u32 = 3;
/// The namespace whose queues have no prefix.
const DEFAULT_NAMESPACE: &str = "marketplace";

/// A broker and this marketplace's names in it: the validated `amqp` section of the settings.
#[derive(Clone)]
pub struct Broker {
    /// The broker's address and our credentials.
    pub(super) uri: AMQPUri,
    pub(super) transport: Transport,
    pub(super) names: Names,
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
        let mut uri = parse(uri).map_err(|reason| BrokerError::Uri(format!("it {reason}")))?;
        let tls = match uri.scheme {
            AMQPScheme::AMQPS => {
                let tls = Tls::with(&uri.authority.host, authorities);
                Some(tls.map_err(BrokerError::Authorities)?)
            }
            AMQPScheme::AMQP if authorities.is_some() => {
                return Err(BrokerError::Uri(
                    "with amqp.ca_file it must begin with amqps://".to_owned(),
                ));
            }
            AMQPScheme::AMQP => None,
        };
        // TLS is set up before lapin sees the connection. Built without its own TLS, lapin treats an amqps:// address as a plain one.
        uri.scheme = AMQPScheme::AMQP;
        uri.query.frame_max.get_or_insert(FRAME);
        let heartbeat = *uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let silence = Duration::from_secs(heartbeat.into()) * MISSING;
        Ok(Self {
            uri,
            transport: Transport {
                tls,
                connect: CONNECT,
                silence: (!silence.is_zero()).then_some(silence),
            },
            names: Names {
                namespace: namespace.to_owned(),
                delays: RETRY_DELAYS,
            },
        })
    }
}

/// Checks that `uri` is one that a broker can be reached at.
///
/// # Errors
/// What it must be. Omits the URI itself, which may hold a password.
pub fn check_uri(uri: &str) -> Result<(), &'static str> {
    parse(uri).map(drop)
}

/// Without the credentials.
impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("host", &self.uri.authority.host)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Parses an AMQP URI such as `amqp://user:password@host:5672/%2f`.
fn parse(raw: &str) -> Result<AMQPUri, &'static str> {
    // The parser's error may quote the URI, password included.
    let Ok(mut uri) = raw.parse::<AMQPUri>() else {
        return Err("must be an AMQP URI such as amqp://user:password@host:5672/%2f");
    };
    // The parser would silently fall back to localhost.
    if raw.contains("//[") || raw.contains("@[") {
        return Err("must name the broker by a host name or an IPv4 address");
    }
    // `amqp://host/` names the virtual host "", which does not exist. RabbitMQ's Cluster Operator writes it and means the default host.
    if uri.vhost.is_empty() {
        "/".clone_into(&mut uri.vhost);
    }
    Ok(uri)
}

/// Names of exchanges and queues.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Prefix of exchange names; also of queue names unless it is `marketplace`.
    namespace: String,
    /// Delays before the second, third, … delivery; the last repeats. Not configurable: a queue's delay is part of its name.
    pub(super) delays: [Duration; RETRY_DELAYS.len()],
}

impl Names {
    pub(super) fn exchange(&self, kind: Kind) -> String {
        let kind = match kind {
            Kind::Event => "events",
            Kind::Command => "commands",
        };
        format!("{}.{kind}", self.namespace)
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
                .map(|delay| (format!("{main}.retry.{}", label(delay)), delay)),
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
    pub(super) retries: [(String, Duration); RETRY_DELAYS.len()],
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
        assert!(!format!("{broker:?}").contains("hunter2"), "{broker:?}");
        assert_eq!(broker.uri.authority.userinfo.password, "hunter2");
        let error = Broker::of("shop:hunter2@broker", None, "marketplace").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_broker_has_a_name_or_an_ipv4_address() {
        let host = |raw: &str| parse(raw).map(|uri| uri.authority.host);
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
            assert_eq!(parse(raw).unwrap().vhost, "/", "{raw}");
        }
        assert_eq!(parse("amqp://u:p@h/live").unwrap().vhost, "live");
    }

    #[test]
    fn queues_have_a_prefix_only_outside_the_default_namespace_and_retries_tell_their_delay() {
        let default = broker("amqp://guest:guest@127.0.0.1:5672/%2f", "marketplace");
        let queue = default.names.queue("wallet.commands");
        assert_eq!(queue.main, "wallet.commands");
        assert_eq!(queue.dead, "wallet.commands.dead");
        let waits = [1, 2, 3, 4, 5].map(|attempts| queue.retry(attempts).unwrap().to_owned());
        let names =
            ["5s", "30s", "5m", "5m", "5m"].map(|delay| format!("wallet.commands.retry.{delay}"));
        assert_eq!(waits, names);
        let blue = broker("amqp://guest:guest@127.0.0.1:5672/%2f", "blue");
        assert_eq!(
            blue.names.queue("wallet.commands").main,
            "blue.wallet.commands"
        );
        assert_eq!(blue.names.exchange(Kind::Event), "blue.events");
    }
}
