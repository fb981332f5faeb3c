//! The ledger's store, in the ledger's words. Every method is one atomic transaction: balances, journal, postings, payments,
//! inbox, outbox and stored answers of a call land together or not at all, and are durable when it returns.
//!
//! Guarantees of every adapter, shown by `contract.rs`:
//! - no user balance is ever negative, whatever runs at the same time;
//! - an operation id is in the journal at most once, for ever;
//! - an account's postings are numbered 1, 2, 3 … and its time never falls;
//! - a row that does not decode is [`StoreError::Corrupt`](store::StoreError::Corrupt), never skipped.

pub(crate) mod codec;
#[cfg(test)]
mod contract;
#[cfg(test)]
pub(crate) mod harness;
#[cfg(feature = "mongo")]
pub(crate) mod mongo;
mod payment;
#[cfg(test)]
mod properties;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub(crate) use sqlite::SqliteWalletStore;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::checkpoints;

use std::time::Duration;

use async_trait::async_trait;
use kernel::{Currency, Limit, OrderId, Timestamp, TransactionId, UserId};
use store::StoreResult;
use store::idempotency::{Answered, Once};

use crate::audit::AuditReport;
use crate::domain::{Entry, OrderCommand, StatementFilter, Transfer, TransferRefusal};

/// What a credit or debit came to.
pub(crate) type TransferOutcome = Result<Entry, TransferRefusal>;

/// What a user has of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holding {
    /// The currency.
    pub(crate) currency: Currency,
    /// Can be spent.
    pub(crate) available: i64,
    /// Earned, not yet released.
    pub(crate) pending: i64,
}

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

/// When to try again to pay out what does not fit the seller's balance.
const POSTPONED: Duration = Duration::from_hours(24);

/// Keeps the ledger.
#[async_trait]
pub(crate) trait WalletStore: Send + Sync {
    /// Decides and records a credit or debit. With `once`, a repetition gets the first answer: the stored one for as long as
    /// it is remembered, after that the transaction that the journal holds for the operation. Every answer is stored but
    /// [`TransferRefusal::BalanceLimit`], which is like a broken rule of the request.
    async fn transfer(
        &self,
        transfer: Transfer,
        once: Option<Once<TransferOutcome>>,
        now: Timestamp,
    ) -> StoreResult<Answered<TransferOutcome>>;

    /// Decides commands of the order service, one after the other, and puts the replies into the outbox. A command that was
    /// handled before changes nothing; its reply is put there again. Only one that was refused because a balance would be too
    /// large is decided anew.
    async fn settle_orders(&self, commands: Vec<OrderCommand>, now: Timestamp) -> StoreResult<()>;

    /// At most `limit` payouts whose hold is over at `now`, the oldest first, from the one after `after` on.
    async fn payouts_due(
        &self,
        now: Timestamp,
        after: Option<DuePayout>,
        limit: usize,
    ) -> StoreResult<Vec<DuePayout>>;

    /// Makes the earnings of `payouts` available, each by the transaction beside it, but for those whose hold is not over at
    /// `now`. Returns how many. What does not fit its seller's balance is postponed.
    async fn release_payouts(
        &self,
        payouts: Vec<(DuePayout, TransactionId)>,
        now: Timestamp,
    ) -> StoreResult<usize>;

    /// What `owner` has, by currency in alphabetical order.
    async fn holdings(&self, owner: UserId) -> StoreResult<Vec<Holding>>;

    /// A page of a statement, newest first, and one row more if there is one.
    async fn statement(&self, filter: StatementFilter, limit: Limit) -> StoreResult<Vec<Entry>>;

    /// Sums the system accounts' postings up to now, so that later reads start from there. Returns how many it added. Where several
    /// processes write at once, those of this one.
    async fn checkpoint(&self) -> StoreResult<i64>;

    /// Forgets messages handled and answers given long ago, at most `limit` of each. Returns how many; none where the server does
    /// it by itself.
    async fn forget(&self, limit: i64, now: Timestamp) -> StoreResult<usize>;

    /// Checks the ledger's invariants on one snapshot, without holding up writes or other reads.
    async fn audit(&self) -> StoreResult<AuditReport>;

    /// Whether the store answers.
    async fn ready(&self) -> StoreResult<()>;
}
