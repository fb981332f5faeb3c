//! A service's database, as an engine provides it. Object-safe, so that a use case is compiled once, whatever runs it.

use async_trait::async_trait;
use kernel::Timestamp;

use crate::record::{AnyKey, AnyRecord, Kind};
use crate::{StoreResult, Tx};

/// A write that waits to be run in a transaction. It may run more than once.
pub type Job = Box<dyn FnMut(&mut Tx<'_>) -> StoreResult<()> + Send>;

/// A service's database, whatever engine is behind it.
#[async_trait]
pub trait Database: Send + Sync {
    /// Runs `job` in a transaction and returns when that is durable.
    async fn write(&self, job: Job) -> StoreResult<()>;
    /// Reads one record as it was committed.
    async fn get(&self, kind: Kind, key: Box<AnyKey>) -> StoreResult<Option<AnyRecord>>;
    /// Deletes inbox rows and stored answers whose time is over at `now`, a bounded number. Returns whether more may be left.
    async fn forget(&self, now: Timestamp) -> StoreResult<bool>;
    /// Whether the database answers.
    async fn ping(&self) -> StoreResult<()>;
}
