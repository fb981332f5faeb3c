//! Messages: rate, errors and duration by message, outgoing and incoming; outbox backlogs; the broker connection.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use kernel::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::watches::Watches;
use super::{Metrics, times};
use store::outbox::Backlog;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HandledLabels {
    queue: &'static str,
    message: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: &'static str,
    message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SentLabels {
    sender: &'static str,
    message: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SenderLabels {
    sender: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionLabels {
    connection: &'static str,
}

/// Number of messages by name and outcome.
pub type Tally<'a> = HashMap<(&'a str, &'static str), u64>;

/// A published batch.
#[derive(Debug)]
pub struct Publication<'a> {
    /// The service whose outbox it came from.
    pub sender: &'static str,
    /// The outcomes of its messages.
    pub tally: Tally<'a>,
    /// Time until every message was confirmed or had failed.
    pub took: Duration,
}

/// Messages sent and handled.
#[derive(Clone)]
pub struct BusMetrics {
    handled: Family<HandledLabels, Counter>,
    handling: Family<QueueLabels, Histogram, fn() -> Histogram>,
    published: Family<SentLabels, Counter>,
    publishing: Family<SenderLabels, Histogram, fn() -> Histogram>,
    given_up: Family<SourceLabels, Counter>,
    outbox_rows: Family<SenderLabels, Gauge>,
    outbox_age: Family<SenderLabels, Gauge<f64, AtomicU64>>,
    connected: Family<ConnectionLabels, Gauge>,
    watches: Watches,
}

impl Default for BusMetrics {
    fn default() -> Self {
        Self {
            handled: Family::default(),
            handling: Family::new_with_constructor(times),
            published: Family::default(),
            publishing: Family::new_with_constructor(times),
            given_up: Family::default(),
            outbox_rows: Family::default(),
            outbox_age: Family::default(),
            connected: Family::default(),
            watches: Watches::default(),
        }
    }
}

impl BusMetrics {
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.register(
            "messages_handled",
            "Messages handled, by outcome",
            self.handled.clone(),
        );
        metrics.register(
            "message_handling_duration_seconds",
            "Time from handing a message over, with its batch, to its commit",
            self.handling.clone(),
        );
        metrics.register(
            "messages_published",
            "Messages that the relay took from an outbox to the bus, by what became of them",
            self.published.clone(),
        );
        metrics.register(
            "message_publish_duration_seconds",
            "Time from publishing a batch to the last of its confirms",
            self.publishing.clone(),
        );
        metrics.register(
            "messages_given_up",
            "Messages moved to the dead letters",
            self.given_up.clone(),
        );
        metrics.register(
            "outbox_rows",
            "Rows that wait in an outbox: one a message in SQLite, one a commit in MongoDB",
            self.outbox_rows.clone(),
        );
        metrics.register(
            "outbox_oldest_age_seconds",
            "Age of the oldest message that waits in an outbox, 0 if none does",
            self.outbox_age.clone(),
        );
        metrics.register(
            "amqp_connection_up",
            "Whether the connection to the message broker is up",
            self.connected.clone(),
        );
    }

    pub(super) const fn watches(&self) -> &Watches {
        &self.watches
    }

    /// Counts a batch whose handling took `took` as a whole.
    pub fn handled(&self, queue: &'static str, tally: &Tally<'_>, took: Duration) {
        for ((message, outcome), count) in tally {
            let message = (*message).to_owned();
            let labels = QueueLabels {
                queue,
                message: message.clone(),
            };
            let handling = self.handling.get_or_create_owned(&labels);
            (0..*count).for_each(|_| handling.observe(took.as_secs_f64()));
            let labels = HandledLabels {
                queue,
                message,
                outcome,
            };
            self.handled.get_or_create(&labels).inc_by(*count);
        }
    }

    /// Counts an undecodable message; no handler saw it.
    pub fn undecodable(&self, queue: &'static str) {
        let labels = HandledLabels {
            queue,
            message: "undecodable".to_owned(),
            outcome: "reject",
        };
        self.handled.get_or_create(&labels).inc();
    }

    /// Counts a published batch.
    pub fn published(&self, publication: &Publication<'_>) {
        let sender = publication.sender;
        self.publishing
            .get_or_create(&SenderLabels { sender })
            .observe(publication.took.as_secs_f64());
        for ((message, outcome), count) in &publication.tally {
            let labels = SentLabels {
                sender,
                message: (*message).to_owned(),
                outcome,
            };
            self.published.get_or_create(&labels).inc_by(*count);
        }
    }

    /// Counts a dead-lettered message, by the queue that it came from or the service that could not send it.
    pub fn gave_up(&self, source: &'static str) {
        self.given_up.get_or_create(&SourceLabels { source }).inc();
    }

    /// Records the backlog in the outbox of `sender` at `now`.
    pub fn waits(&self, sender: &'static str, backlog: &Backlog, now: Timestamp) {
        let age = backlog.oldest.map_or(0, |oldest| {
            now.as_millis().saturating_sub(oldest.as_millis()).max(0)
        });
        let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
        let labels = SenderLabels { sender };
        self.outbox_rows
            .get_or_create(&labels)
            .set(i64::try_from(backlog.rows).unwrap_or(i64::MAX));
        self.outbox_age
            .get_or_create(&labels)
            .set(age.as_secs_f64());
    }

    /// Exposes whether a connection to the broker is up, as `look` reports it.
    pub fn connection(
        &self,
        connection: &'static str,
        look: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        let gauge = self
            .connected
            .get_or_create_owned(&ConnectionLabels { connection });
        self.watches.add(move || {
            gauge.set(i64::from(look()));
        });
    }
}
