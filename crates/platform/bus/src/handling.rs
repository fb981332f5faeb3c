//! Hands a batch to a subscription's handler, in the same way for every bus: a panic counts as a retry, each message gets one outcome,
//! and outcomes are counted.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use contracts::Envelope;
use futures_util::FutureExt;

use super::{Outcome, Subscription, one_each};
use telemetry::metrics::{BusMetrics, Tally};

/// The outcomes of `batch`, in order: done, to be retried, or rejected.
pub async fn handle(
    subscription: &Subscription,
    batch: Vec<Arc<Envelope>>,
    metrics: &BusMetrics,
) -> Vec<Outcome> {
    let messages = batch.clone();
    let begun = Instant::now();
    let outcomes = AssertUnwindSafe(subscription.handler.handle(batch))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!(queue = subscription.queue, "a handler panicked");
            vec![Outcome::Retry("the handler panicked".to_owned()); messages.len()]
        });
    let outcomes: Vec<Outcome> = one_each(outcomes, messages.len())
        .into_iter()
        .map(|outcome| match outcome {
            // Only a bus can report that a message had no receiver; here a handler received it.
            Outcome::Undeliverable(reason) => Outcome::Retry(reason),
            Outcome::Done | Outcome::Retry(_) | Outcome::Reject(_) => outcome,
        })
        .collect();
    metrics.handled(
        subscription.queue,
        &tally(&messages, &outcomes),
        begun.elapsed(),
    );
    outcomes
}

/// How many messages of each name had which outcome.
fn tally<'a>(messages: &'a [Arc<Envelope>], outcomes: &[Outcome]) -> Tally<'a> {
    let mut counts = Tally::new();
    for (message, outcome) in messages.iter().zip(outcomes) {
        let word = match outcome {
            Outcome::Done => "done",
            Outcome::Retry(_) | Outcome::Undeliverable(_) => "retry",
            Outcome::Reject(_) => "reject",
        };
        *counts.entry((message.name.as_str(), word)).or_default() += 1;
    }
    counts
}
