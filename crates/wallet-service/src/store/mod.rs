//! How each engine stores the ledger's records, and the queries that a key cannot answer: lists, the sweep and the audit.
//!
//! Guarantees of both engines, shown by `contract`:
//! - no user balance is ever negative, whatever runs at the same time;
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
use kernel::{Limit, OrderId, Timestamp, UserId};
use store::StoreResult;

use crate::audit::AuditReport;
use crate::domain::{Account, Entry, StatementFilter};

/// Names a payout, and when its hold ends. Sweeps go in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DuePayout {
    /// When its hold ends.
    pub(crate) available_at: Timestamp,
    /// Of which order.
    pub(crate) order: OrderId,
    /// Whose it is.
    pub(crate) seller: UserId,
}

impl DuePayout {
    /// The payout's key.
    pub(crate) const fn key(&self) -> (OrderId, UserId) {
        (self.order, self.seller)
    }
}

/// The queries that a record's key cannot answer.
#[async_trait]
pub(crate) trait WalletStore: Send + Sync {
    /// At most `limit` payouts whose hold is over at `now`, in the order of [`DuePayout`], from the one after `after` on.
    async fn payouts_due(
        &self,
        now: Timestamp,
        after: Option<DuePayout>,
        limit: usize,
    ) -> StoreResult<Vec<DuePayout>>;

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
