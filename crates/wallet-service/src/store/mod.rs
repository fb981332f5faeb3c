//! How each engine stores the ledger's records, and the queries that a key cannot answer: lists, the sweep and the audit.
//!
//! Guarantees of both engines, shown by `contract`:
//! - no user balance except a debt is ever negative, and no user has both a debt and money available, even under concurrent writes;
//! - the journal holds an operation id at most once, permanently;
//! - an account's postings are numbered 1, 2, 3 … and its time never falls;
//! - a row that does not decode is [`StoreError::Corrupt`](store::StoreError::Corrupt), never skipped.

pub(crate) mod codec;
#[cfg(test)]
mod contract;
#[cfg(test)]
pub(crate) mod harness;
#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(test)]
mod properties;
pub(crate) mod rows;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use async_trait::async_trait;
use kernel::{FulfilmentId, Limit, OrderId, Timestamp, UserId};
use store::StoreResult;

use crate::audit::AuditReport;
use crate::domain::{Account, Entry, StatementFilter};

/// Names the earnings from a part, and when their hold ends. Sweeps go in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DueEarning {
    /// When their hold ends.
    pub(crate) available_at: Timestamp,
    /// From which order.
    pub(crate) order: OrderId,
    /// From which part of it.
    pub(crate) fulfilment: FulfilmentId,
    /// Whose they are.
    pub(crate) seller: UserId,
}

impl DueEarning {
    /// The key of the earnings.
    pub(crate) const fn key(&self) -> (OrderId, FulfilmentId) {
        (self.order, self.fulfilment)
    }
}

/// The queries that a record's key cannot answer.
#[async_trait]
pub(crate) trait WalletStore: Send + Sync {
    /// At most `limit` earnings whose hold is over at `now` and whose sellers are not suspended, in the order of [`DueEarning`], starting
    /// after `after`.
    async fn earnings_due(
        &self,
        now: Timestamp,
        after: Option<DueEarning>,
        limit: usize,
    ) -> StoreResult<Vec<DueEarning>>;

    /// Those of `owner`'s accounts that exist: each that something was ever posted to.
    async fn accounts(&self, owner: UserId) -> StoreResult<Vec<Account>>;

    /// A page of the statement of `owner`, newest first, and one row more if there is one.
    async fn statement(
        &self,
        owner: UserId,
        filter: StatementFilter,
        limit: Limit,
    ) -> StoreResult<Vec<Entry>>;

    /// Checks the ledger's invariants on one snapshot, without holding up writes or other reads.
    async fn audit(&self) -> StoreResult<AuditReport>;
}
