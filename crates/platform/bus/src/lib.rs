//! The bus between services: publish a batch and get an outcome for each message; subscribe a queue and handle batches.
//!
//! Contract of every implementation: at-least-once delivery, no order across messages. A receiver gets up to [`Subscription::max_batch`]
//! messages and commits their effects before it answers. A message that fails is retried after [`RETRY_DELAYS`]. A message that is
//! malformed, or fails [`MAX_ATTEMPTS`] times, is dead-lettered.

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

/// Delays before the second, third, … delivery; the last repeats.
pub const RETRY_DELAYS: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
];

/// Deliveries after which a message is dead-lettered.
pub const MAX_ATTEMPTS: usize = 6;

/// The outcome of a message. Of several, the greatest counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Its effects are committed.
    Done,
    /// No receiver got the message: no queue is bound to its name, the broker is down, or it did not confirm in time. No handler failed,
    /// so the message is retried soon and never dead-lettered. Reported by a bus; from a handler it counts as a retry.
    Undeliverable(String),
    /// It failed, but may succeed later.
    Retry(String),
    /// It can never succeed.
    Reject(String),
}

impl Outcome {
    /// The kind of failure; `None` on success.
    const fn failure(&self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Undeliverable(_) => Some("undeliverable"),
            Self::Retry(_) => Some("retry"),
            Self::Reject(_) => Some("reject"),
        }
    }
}

/// Routes messages to the queues that are bound to their names.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes a batch. Returns one outcome for each message, in order: [`Outcome::Done`] only if the sender may forget it.
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome>;
    /// Returns when publishing makes sense: at once, or when the broker is back.
    async fn ready(&self);
    /// The bus's name in traces.
    fn system(&self) -> &'static str {
        "memory"
    }
}

/// Handles the messages that arrive in a queue.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles a batch and returns one outcome for each message, in order.
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome>;
}

/// A queue of one service: which messages it receives and their handler.
#[derive(Clone)]
pub struct Subscription {
    /// Name of the queue, such as `wallet.commands`.
    pub queue: &'static str,
    /// Full names of the messages it is bound to.
    pub messages: Vec<String>,
    /// Handles them.
    pub handler: Arc<dyn Handler>,
    /// Maximum number of messages handed over at once.
    pub max_batch: usize,
}
