//! Hands a batch to a subscription's handler, in the same way for every bus: each message has a span and gets one outcome, a panic counts
//! as a retry, and outcomes are counted.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use contracts::Envelope;
use futures_util::FutureExt;

use super::{Outcome, Subscription};
use telemetry::MessageSpans;
use telemetry::metrics::BusMetrics;

/// The outcomes of `batch`, in order: done, to be retried, or rejected. Its spans end when they are dropped. `system` is the bus's name in
/// traces.
pub async fn handle(
    system: &'static str,
    subscription: &Subscription,
    batch: Vec<Arc<Envelope>>,
    metrics: &BusMetrics,
) -> (Vec<Outcome>, MessageSpans) {
    let messages = batch.clone();
    let spans = MessageSpans::handling(system, subscription.queue, &messages);
    let begun = Instant::now();
    let outcomes = spans.scope(outcomes(subscription, batch)).await;
    let took = begun.elapsed();
    spans.end(outcomes.iter().map(Outcome::failure));
    let words = outcomes.iter().map(|one| one.failure().unwrap_or("done"));
    let names = messages.iter().map(|message| message.name.as_str());
    metrics.handled(subscription.queue, names.zip(words), took);
    (outcomes, spans)
}

async fn outcomes(subscription: &Subscription, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
    let count = batch.len();
    let all_again = |reason: &str| vec![Outcome::Retry(reason.to_owned()); count];
    let handled = AssertUnwindSafe(subscription.handler.handle(batch));
    let Ok(outcomes) = handled.catch_unwind().await else {
        tracing::error!(queue = subscription.queue, "a handler panicked");
        return all_again("the handler panicked");
    };
    // Outcomes cannot be matched to messages. The inboxes recognise those messages that were done.
    if outcomes.len() != count {
        tracing::error!(
            messages = count,
            outcomes = outcomes.len(),
            "a handler did not give one outcome for each message"
        );
        return all_again("the handler did not say what became of it");
    }
    let outcomes = outcomes.into_iter().map(|outcome| match outcome {
        // Only a bus can report that a message had no receiver; here a handler received it.
        Outcome::Undeliverable(reason) => Outcome::Retry(reason),
        Outcome::Done | Outcome::Retry(_) | Outcome::Reject(_) => outcome,
    });
    outcomes.collect()
}
