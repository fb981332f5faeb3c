//! What an engine does for the transaction port. Object-safe, so that a use case is compiled once, whatever runs it.

use async_trait::async_trait;
use contracts::Envelope;
use kernel::Timestamp;

use crate::record::{AnyKey, AnyRecord, Kind, Value};
use crate::{StoreResult, Tx};

/// One transaction of an engine. [`Tx`] gives it types.
pub trait Engine {
    /// See [`Tx::get`].
    fn get(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<Option<AnyRecord>>;
    /// See [`Tx::find_by`].
    fn find_by(
        &mut self,
        kind: Kind,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>>;
    /// See [`Tx::want`].
    fn want(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()>;
    /// See [`Tx::insert`].
    fn insert(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()>;
    /// See [`Tx::put`].
    fn put(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()>;
    /// See [`Tx::delete`].
    fn delete(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()>;
    /// See [`Tx::send`].
    fn send(&mut self, message: Envelope) -> StoreResult<()>;
    /// See [`Tx::handled_before`].
    fn handled_before(&mut self);
    /// Begins an item of [`Tx::each`]: a savepoint.
    ///
    /// # Errors
    /// Why the item must not run: an earlier attempt to commit it was refused.
    fn begin_item(&mut self) -> StoreResult<()>;
    /// Ends the item: keeps its changes or undoes them.
    fn end_item(&mut self, keep: bool) -> StoreResult<()>;
    /// How many reads of this run asked for a record that has to be loaded first. If there is any, the run is void: the engine loads
    /// what was asked for and runs the work again.
    fn misses(&self) -> usize {
        0
    }
}

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
