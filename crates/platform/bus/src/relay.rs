//! The relay: publishes messages from a service's outbox to the bus, in batches, at least once (transactional outbox pattern).
//!
//! It reads committed messages, publishes them, waits once per batch for the confirms, and records each message's fate. It may publish a
//! message twice (after a crash between confirm and record); receivers deduplicate with an inbox. It never loses a message. While the
//! broker is down the outbox is left untouched: no row is read or written.

use std::sync::Arc;
use std::time::Duration;

use contracts::Envelope;
use kernel::{Clock, Timestamp};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{Bus, MAX_ATTEMPTS, Outcome, RETRY_DELAYS};
use store::outbox::{Fate, Outbox, Pending};
use store::{StoreError, StoreResult};
use telemetry::MessageSpans;
use telemetry::metrics::BusMetrics;

/// Messages read and published together.
const BATCH: usize = 512;
/// Batches in flight at once.
const BATCHES: usize = 4;
/// How often the table is read without a notification. This finds what a crash left behind, and retries that are due.
const POLL: Duration = Duration::from_millis(500);
/// Interval between backlog measurements, for the metrics.
const LOOK: Duration = Duration::from_secs(5);
/// Delay before retrying a message that had no receiver.
const UNDELIVERED: Duration = Duration::from_secs(2);

/// Moves messages from one outbox to the bus until stopped.
#[derive(Clone)]
pub struct Relay {
    /// Names the service in logs.
    pub service: &'static str,
    /// Where messages come from.
    pub outbox: Arc<dyn Outbox>,
    /// Where they go.
    pub bus: Arc<dyn Bus>,
    /// Times retries.
    pub clock: Arc<dyn Clock>,
    /// Counts what was published.
    pub metrics: BusMetrics,
}

impl Relay {
    /// Runs until `stop`, then returns once batches in flight are settled.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.run_until_trouble(&stop).await {
                tracing::warn!(service = self.service, %error, "the outbox cannot be read or settled; trying again");
                stop.run_until_cancelled(sleep(POLL)).await;
            }
        }
    }

    /// Reports the outbox's backlog in the metrics until `stop`.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            let now = self.clock.now();
            match self.outbox.backlog(now).await {
                Ok(backlog) => self.metrics.waits(self.service, &backlog, now),
                Err(error) => {
                    tracing::debug!(service = self.service, %error, "the outbox cannot be looked at");
                }
            }
            if stop.run_until_cancelled(sleep(LOOK)).await.is_none() {
                break;
            }
        }
    }

    /// Starts from the oldest message, so that everything unsettled is sent again after an error.
    async fn run_until_trouble(&self, stop: &CancellationToken) -> StoreResult<()> {
        let mut sent_up_to = 0;
        let mut on_their_way: JoinSet<StoreResult<()>> = JoinSet::new();
        let mut next_retries = Instant::now();
        while stop.run_until_cancelled(self.bus.ready()).await.is_some() {
            if next_retries <= Instant::now() {
                let due = self.outbox.retries(self.clock.now(), BATCH).await?;
                let all_sent = self.send(&due).await?;
                // After an outage many retries are due. While they succeed, the next ones follow at once; otherwise at the usual
                // interval.
                if due.len() < BATCH || !all_sent {
                    next_retries = Instant::now() + POLL;
                }
            }
            // A slow receiver delays its own messages only, because several batches may be in flight at once.
            while on_their_way.len() >= BATCHES
                && let Some(sent) = on_their_way.join_next().await
            {
                outcome(sent)?;
            }
            let batch = self.outbox.fresh(sent_up_to, BATCH).await?;
            let Some(last) = batch.last() else {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.outbox.news() => {}
                    Some(sent) = on_their_way.join_next() => outcome(sent)?,
                    () = sleep_until(next_retries) => {}
                }
                continue;
            };
            sent_up_to = last.seq;
            let relay = self.clone();
            on_their_way.spawn(async move { relay.send(&batch).await.map(drop) });
        }
        while let Some(sent) = on_their_way.join_next().await {
            outcome(sent)?;
        }
        Ok(())
    }

    /// Publishes a batch and records the outcomes. Returns whether all of it was sent.
    async fn send(&self, batch: &[Pending]) -> StoreResult<bool> {
        if batch.is_empty() {
            return Ok(true);
        }
        let fates = self.publish(batch).await;
        let all_sent = fates.iter().all(|(_, fate)| *fate == Fate::Sent);
        self.outbox.settle(fates, self.clock.now()).await?;
        Ok(all_sent)
    }

    async fn publish(&self, batch: &[Pending]) -> Vec<(i64, Fate)> {
        let mut envelopes: Vec<Arc<Envelope>> = batch
            .iter()
            .map(|pending| pending.envelope.clone())
            .collect();
        let sending = MessageSpans::sending(self.bus.system(), &mut envelopes);
        let begun = Instant::now();
        let outcomes = self.bus.publish(envelopes).await;
        let (now, took) = (self.clock.now(), begun.elapsed());
        sending.end(outcomes.iter().map(Outcome::failure));
        self.tell_undeliverable(&outcomes);
        let (fates, words): (Vec<_>, Vec<_>) = batch
            .iter()
            .zip(outcomes)
            .enumerate()
            .map(|(place, (pending, outcome))| {
                let _lines = sending.about(place);
                let (fate, word) = self.fate(pending, outcome, now);
                ((pending.seq, fate), word)
            })
            .unzip();
        let names = batch.iter().map(|pending| pending.envelope.name.as_str());
        self.metrics.published(self.service, names.zip(words), took);
        fates
    }

    /// Logs once per batch: when a queue is missing or the broker is down, every message has the same reason.
    fn tell_undeliverable(&self, outcomes: &[Outcome]) {
        let mut reasons = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Undeliverable(reason) => Some(reason),
            Outcome::Done | Outcome::Retry(_) | Outcome::Reject(_) => None,
        });
        if let Some(reason) = reasons.next() {
            let messages = reasons.count() + 1;
            tracing::warn!(
                service = self.service,
                messages,
                reason,
                "nobody could be given these messages; they will be tried again"
            );
        }
    }

    /// What becomes of a message, and the word for it in the metrics.
    fn fate(&self, pending: &Pending, outcome: Outcome, now: Timestamp) -> (Fate, &'static str) {
        let attempts = pending.attempts.saturating_add(1);
        let (service, message) = (self.service, &pending.envelope);
        let (id, name) = (message.id, &message.name);
        let reason = match outcome {
            Outcome::Done => return (Fate::Sent, "sent"),
            Outcome::Undeliverable(_) => {
                let again = Fate::Retry {
                    // At least one, or the message would count as fresh. No handler failed, so the count is not raised and never reaches
                    // the limit.
                    attempts: pending.attempts.max(1),
                    not_before: now.plus(UNDELIVERED),
                };
                return (again, "undeliverable");
            }
            Outcome::Retry(reason) => {
                let tried = usize::try_from(attempts).unwrap_or(usize::MAX);
                if tried < MAX_ATTEMPTS {
                    tracing::warn!(service, %id, name, attempts, reason, "message will be tried again");
                    let delay = RETRY_DELAYS.get(tried - 1).or(RETRY_DELAYS.last());
                    let not_before = now.plus(delay.copied().unwrap_or_default());
                    let again = Fate::Retry {
                        attempts,
                        not_before,
                    };
                    return (again, "retry");
                }
                tracing::error!(service, %id, name, reason, "message given up");
                reason
            }
            Outcome::Reject(reason) => {
                tracing::error!(service, %id, name, reason, "message rejected");
                reason
            }
        };
        self.metrics.gave_up(service);
        (Fate::Dead { attempts, reason }, "dead")
    }
}

fn outcome(sent: Result<StoreResult<()>, JoinError>) -> StoreResult<()> {
    sent.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
}

#[cfg(test)]
mod tests;
