//! Messages: rate, errors and duration by message, outgoing and incoming; outbox backlogs; the broker connection.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use kernel::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::{Labels, times};
use crate::metrics;
use store::outbox::Backlog;

metrics! {
    /// Messages sent and handled.
    pub struct BusMetrics {
        /// Messages handled, by outcome
        messages_handled: Family<Labels<3>, Counter> = Family::default(),
        /// Time from handing a message over, with its batch, to its commit
        message_handling_duration_seconds: Family<Labels<2>, Histogram> = Family::new_with_constructor(times),
        /// Messages that the relay took from an outbox to the bus, by what became of them
        messages_published: Family<Labels<3>, Counter> = Family::default(),
        /// Time from publishing a batch to the last of its confirms
        message_publish_duration_seconds: Family<Labels<1>, Histogram> = Family::new_with_constructor(times),
        /// Messages moved to the dead letters
        messages_given_up: Family<Labels<1>, Counter> = Family::default(),
        /// Rows that wait in an outbox: one a message in SQLite, one a commit in MongoDB
        outbox_rows: Family<Labels<1>, Gauge> = Family::default(),
        /// Age of the oldest message that waits in an outbox, 0 if none does
        outbox_oldest_age_seconds: Family<Labels<1>, Gauge<f64, AtomicU64>> = Family::default(),
        /// Whether the connection to the message broker is up
        amqp_connection_up: Family<Labels<1>, Gauge> = Family::default(),
    }
}

impl BusMetrics {
    /// Counts a batch whose handling took `took` as a whole: the name and the outcome of each message.
    pub fn handled<'a>(
        &self,
        queue: &'static str,
        batch: impl Iterator<Item = (&'a str, &'static str)>,
        took: Duration,
    ) {
        for ((message, outcome), count) in tally(batch) {
            let queue = ("queue", queue.into());
            let message = ("message", Cow::Owned(message.to_owned()));
            let labels = [queue.clone(), message.clone()];
            let handling = self
                .message_handling_duration_seconds
                .get_or_create_owned(&labels);
            (0..count).for_each(|_| handling.observe(took.as_secs_f64()));
            let labels = [queue, message, ("outcome", outcome.into())];
            self.messages_handled.get_or_create(&labels).inc_by(count);
        }
    }

    /// Counts an undecodable message; no handler saw it.
    pub fn undecodable(&self, queue: &'static str) {
        let message = ("message", "undecodable".into());
        let labels = [
            ("queue", queue.into()),
            message,
            ("outcome", "reject".into()),
        ];
        self.messages_handled.get_or_create(&labels).inc();
    }

    /// Counts a published batch from the outbox of the service `sender`: the name and the outcome of each message, and the time until
    /// every message was confirmed or had failed.
    pub fn published<'a>(
        &self,
        sender: &'static str,
        batch: impl Iterator<Item = (&'a str, &'static str)>,
        took: Duration,
    ) {
        let labels = [("sender", sender.into())];
        self.message_publish_duration_seconds
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        let [sender] = labels;
        for ((message, outcome), count) in tally(batch) {
            let message = ("message", message.to_owned().into());
            let labels = [sender.clone(), message, ("outcome", outcome.into())];
            self.messages_published.get_or_create(&labels).inc_by(count);
        }
    }

    /// Counts a dead-lettered message, by the queue that it came from or the service that could not send it.
    pub fn gave_up(&self, source: &'static str) {
        self.messages_given_up
            .get_or_create(&[("source", source.into())])
            .inc();
    }

    /// Records the backlog in the outbox of `sender` at `now`.
    pub fn waits(&self, sender: &'static str, backlog: &Backlog, now: Timestamp) {
        let age = backlog
            .oldest
            .map_or(Duration::ZERO, |oldest| now.since(oldest));
        let labels = [("sender", sender.into())];
        let rows = i64::try_from(backlog.rows).unwrap_or(i64::MAX);
        self.outbox_rows.get_or_create(&labels).set(rows);
        self.outbox_oldest_age_seconds
            .get_or_create(&labels)
            .set(age.as_secs_f64());
    }

    /// Exposes whether a connection to the broker is up, as `look` reports it.
    pub fn connection(
        &self,
        connection: &'static str,
        look: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        let labels = [("connection", connection.into())];
        let gauge = self.amqp_connection_up.get_or_create_owned(&labels);
        self.exposed.watch(move || {
            gauge.set(i64::from(look()));
        });
    }
}

/// Number of messages by name and outcome.
fn tally<'a>(
    batch: impl Iterator<Item = (&'a str, &'static str)>,
) -> HashMap<(&'a str, &'static str), u64> {
    let mut tally = HashMap::new();
    batch.for_each(|message| *tally.entry(message).or_default() += 1);
    tally
}
