//! The bus between services: publish a batch and learn what became of each message; subscribe a queue and handle batches.
//!
//! Contract of every implementation: at least once, no order across messages. A receiver is handed up to
//! [`Subscription::max_batch`] messages and commits what it does with them before it answers. A message that fails is tried
//! again after [`RETRY_DELAYS`]; one that is malformed, or fails [`MAX_ATTEMPTS`] times, goes to the dead letters.

mod batch;
#[cfg(feature = "testing")]
pub mod contract;
mod handling;
mod memory;
mod relay;
mod tasks;

pub use batch::{Batched, Receiver};
pub use handling::handle;
pub use memory::MemoryBus;
pub use relay::Relay;
pub use tasks::Tasks;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Envelope;
use telemetry::Handled;

/// Waits before the second, third, … delivery; the last repeats.
pub const RETRY_DELAYS: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
];

/// Deliveries after which a message is given up.
pub const MAX_ATTEMPTS: usize = 6;

/// What a receiver made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its effects are committed.
    Done,
    /// It failed for now.
    Retry(String),
    /// It can never succeed.
    Reject(String),
    /// No receiver could be given it: no queue is bound to its name, the broker is away, or it did not confirm in time. Nobody
    /// failed, so it is tried again soon and never given up. Said by a bus; from a handler it counts as a retry.
    Undeliverable(String),
}

impl Handled for Outcome {
    fn failure(&self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Retry(_) => Some("retry"),
            Self::Reject(_) => Some("reject"),
            Self::Undeliverable(_) => Some("undeliverable"),
        }
    }
}

/// Takes messages to the queues that are bound to their names.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes a batch. Returns one outcome for each message, in order: [`Outcome::Done`] only if it is safe to forget.
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome>;
    /// Returns when publishing makes sense: at once, or when the broker is there again.
    async fn ready(&self);
    /// What it is called in traces.
    fn system(&self) -> &'static str {
        "memory"
    }
}

/// Handles what arrives in a queue.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles a batch and returns one outcome for each message, in order.
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome>;
}

/// A queue of one service: which messages go there and who handles them.
#[derive(Clone)]
pub struct Subscription {
    /// Name of the queue, such as `wallet.commands`.
    pub queue: &'static str,
    /// Full names of the messages that it is bound to.
    pub messages: Vec<String>,
    /// Handles them.
    pub handler: Arc<dyn Handler>,
    /// Most messages handed over at once.
    pub max_batch: usize,
}

/// The outcomes of `count` messages. If there are more or fewer nobody can tell whose they are: all are tried again, and the
/// inboxes know those that were done.
fn one_each(outcomes: Vec<Outcome>, count: usize) -> Vec<Outcome> {
    if outcomes.len() == count {
        return outcomes;
    }
    tracing::error!(
        messages = count,
        outcomes = outcomes.len(),
        "a handler did not give one outcome for each message"
    );
    vec![Outcome::Retry("the handler did not say what became of it".to_owned()); count]
}
