//! A service's outbox, as its relay sees it (transactional outbox pattern): messages that were committed and wait to be sent.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::Envelope;
use kernel::Timestamp;

use crate::StoreResult;

/// A message that waits in an outbox.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Its place in the outbox.
    pub seq: i64,
    /// Deliveries that failed so far.
    pub attempts: u32,
    /// The message.
    pub envelope: Arc<Envelope>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Every receiver has committed (or the broker has confirmed): delete it.
    Sent,
    /// Try again at `not_before`.
    Retry {
        /// Deliveries that failed so far.
        attempts: u32,
        /// Not earlier than this.
        not_before: Timestamp,
    },
    /// Given up: move it to the dead letters.
    Dead {
        /// Deliveries that failed.
        attempts: u32,
        /// Why.
        reason: String,
    },
}

/// What waits in an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// How many rows, at least where there are very many.
    pub rows: u64,
    /// When the oldest message that waits was written.
    pub oldest: Option<Timestamp>,
}

/// A service's outbox, as its relay sees it.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Messages after `after` that were never tried, in the order in which they were committed.
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>>;
    /// Messages whose retry is due.
    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>>;
    /// Notes what became of messages, all in one transaction.
    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()>;
    /// What waits here, whoever is to send it. A glance for metrics: it costs the same however much waits.
    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog>;
    /// Returns when something may have been committed since the last call.
    async fn news(&self);
}
