//! The relay: takes messages from a service's outbox to the bus, in batches, at least once (transactional outbox pattern).
//!
//! It reads what was committed, publishes it, waits for the confirms once a batch, and notes what became of each message. It
//! may publish a message twice (a crash between confirm and note); receivers have an inbox for that. It never loses one.
//! While the broker is away messages stay where they are: no row is read and none is touched.

use std::sync::Arc;
use std::time::Duration;

use contracts::Envelope;
use kernel::{Clock, Timestamp};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Bus, MAX_ATTEMPTS, Outcome, RETRY_DELAYS};
use store::outbox::{Fate, Outbox, Pending};
use store::{StoreError, StoreResult};
use telemetry::MessageSpans;
use telemetry::metrics::{BusMetrics, Publication, Tally};

/// Messages read and published together.
const BATCH: usize = 512;
/// Batches on their way at once.
const BATCHES: usize = 4;
/// How often the table is read without news: finds what a crash left behind, and retries that are due.
const POLL: Duration = Duration::from_millis(500);
/// Time between two looks at what waits, for the metrics.
const LOOK: Duration = Duration::from_secs(5);
/// Wait before a message is tried again that nobody could be given.
const UNDELIVERED: Duration = Duration::from_secs(2);

/// Moves messages from one outbox to the bus until told to stop.
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
    /// Runs until `stop`; then returns after what is on its way is settled.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.run_until_trouble(&stop).await {
                tracing::warn!(service = self.service, %error, "the outbox cannot be read or settled; trying again");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        }
    }

    /// Shows until `stop` what waits in the outbox.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            let now = self.clock.now();
            match self.outbox.backlog(now).await {
                Ok(backlog) => self.metrics.waits(self.service, &backlog, now),
                Err(error) => {
                    tracing::debug!(service = self.service, %error, "the outbox cannot be looked at");
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Starts from the oldest message, so that after an error everything unsettled is sent again.
    async fn run_until_trouble(&self, stop: &CancellationToken) -> StoreResult<()> {
        let mut sent_up_to = 0;
        let mut on_their_way: JoinSet<StoreResult<()>> = JoinSet::new();
        let mut next_retries = Instant::now();
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.bus.ready() => {}
            }
            if next_retries <= Instant::now() {
                let due = self.outbox.retries(self.clock.now(), BATCH).await?;
                let all_sent = self.send(&due).await?;
                // After an outage many are due. As long as they get through the next ones follow at once; else there is no hurry.
                if due.len() < BATCH || !all_sent {
                    next_retries = Instant::now() + POLL;
                }
            }
            // A slow receiver holds up its own messages, not those of others: some batches may be on their way at once.
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
                    () = tokio::time::sleep_until(next_retries) => {}
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

    /// Publishes a batch and notes what became of it. Tells whether all of it was sent.
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
        sending.end(&outcomes);
        self.tell_undeliverable(&outcomes);
        let mut tally = Tally::new();
        let fates = batch
            .iter()
            .zip(outcomes)
            .enumerate()
            .map(|(place, (pending, outcome))| {
                let _lines = sending.about(place);
                let undeliverable = matches!(outcome, Outcome::Undeliverable(_));
                let fate = self.fate(pending, outcome, now);
                let word = match &fate {
                    Fate::Sent => "sent",
                    Fate::Retry { .. } if undeliverable => "undeliverable",
                    Fate::Retry { .. } => "retry",
                    Fate::Dead { .. } => "dead",
                };
                *tally
                    .entry((pending.envelope.name.as_str(), word))
                    .or_default() += 1;
                (pending.seq, fate)
            })
            .collect();
        self.metrics.published(&Publication {
            sender: self.service,
            tally,
            took,
        });
        fates
    }

    /// Once a batch: when a queue is missing or the broker went away every message says the same.
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

    fn fate(&self, pending: &Pending, outcome: Outcome, now: Timestamp) -> Fate {
        let attempts = pending.attempts.saturating_add(1);
        let message = &pending.envelope;
        match outcome {
            Outcome::Done => Fate::Sent,
            Outcome::Undeliverable(_) => Fate::Retry {
                // One at least, or it would be taken for fresh. Nobody failed, so it is not raised and never gets too high.
                attempts: pending.attempts.max(1),
                not_before: now.plus(UNDELIVERED),
            },
            Outcome::Retry(reason) => {
                let tried = usize::try_from(attempts).unwrap_or(usize::MAX);
                if tried >= MAX_ATTEMPTS {
                    tracing::error!(service = self.service, id = %message.id, name = message.name, reason, "message given up");
                    self.metrics.gave_up(self.service);
                    return Fate::Dead { attempts, reason };
                }
                tracing::warn!(service = self.service, id = %message.id, name = message.name, attempts, reason, "message will be tried again");
                let delay = RETRY_DELAYS
                    .get(tried - 1)
                    .or(RETRY_DELAYS.last())
                    .copied()
                    .unwrap_or_default();
                Fate::Retry {
                    attempts,
                    not_before: now.plus(delay),
                }
            }
            Outcome::Reject(reason) => {
                tracing::error!(service = self.service, id = %message.id, name = message.name, reason, "message rejected");
                self.metrics.gave_up(self.service);
                Fate::Dead { attempts, reason }
            }
        }
    }
}

fn outcome(sent: Result<StoreResult<()>, JoinError>) -> StoreResult<()> {
    sent.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
}

#[cfg(test)]
mod tests;
