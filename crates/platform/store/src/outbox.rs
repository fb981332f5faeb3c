//! A service's outbox, as its relay sees it (transactional outbox pattern): committed messages that are not sent yet.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{Envelope, Kind};
use kernel::Timestamp;

use crate::{StoreError, StoreResult};

/// A kind of message as stored.
#[must_use]
pub const fn kind_code(kind: Kind) -> i32 {
    match kind {
        Kind::Command => 0,
        Kind::Event => 1,
    }
}

/// Reads a stored kind.
///
/// # Errors
/// [`StoreError::Corrupt`] for an unknown code.
pub fn kind_of(code: i32) -> StoreResult<Kind> {
    match code {
        0 => Ok(Kind::Command),
        1 => Ok(Kind::Event),
        other => Err(StoreError::Corrupt(format!(
            "{other} is no kind of message"
        ))),
    }
}

/// A pending message in an outbox.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Its position in the outbox.
    pub seq: i64,
    /// Failed deliveries so far.
    pub attempts: u32,
    /// The message.
    pub envelope: Arc<Envelope>,
}

/// The outcome of sending a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Every receiver has committed (or the broker has confirmed): delete the message.
    Sent,
    /// Try again at `not_before`.
    Retry {
        /// Failed deliveries so far.
        attempts: u32,
        /// Earliest time of the retry.
        not_before: Timestamp,
    },
    /// Dead-lettered: move it to the dead letters.
    Dead {
        /// Failed deliveries.
        attempts: u32,
        /// Why.
        reason: String,
    },
}

/// Size and age of an outbox's backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Number of rows; a lower bound if there are very many.
    pub rows: u64,
    /// When the oldest pending message was written.
    pub oldest: Option<Timestamp>,
}

/// A service's outbox, as its relay sees it.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Untried messages after `after`, in commit order.
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>>;
    /// Messages whose retry is due.
    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>>;
    /// Records the fates of messages, all in one transaction.
    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()>;
    /// The backlog, whichever replica will send it. A cheap query for metrics: its cost does not depend on the backlog.
    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog>;
    /// Returns when something may have been committed since the last call.
    async fn news(&self);
}
