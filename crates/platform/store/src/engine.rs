//! What an engine does in one transaction. Object-safe, so that a use case is compiled once for all engines.

use contracts::Envelope;

use crate::StoreResult;
use crate::record::{AnyKey, AnyRecord, Kind, Value};

/// One transaction of an engine. [`Tx`](crate::Tx) wraps it with types.
pub trait Engine {
    /// See [`Tx::get`](crate::Tx::get).
    fn get(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<Option<AnyRecord>>;
    /// See [`Tx::find_by`](crate::Tx::find_by).
    fn find_by(
        &mut self,
        kind: Kind,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>>;
    /// See [`Tx::want`](crate::Tx::want).
    fn want(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()>;
    /// See [`Tx::insert`](crate::Tx::insert).
    fn insert(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()>;
    /// See [`Tx::put`](crate::Tx::put).
    fn put(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()>;
    /// See [`Tx::delete`](crate::Tx::delete).
    fn delete(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()>;
    /// See [`Tx::hold`](crate::Tx::hold). The record is known to exist.
    fn hold(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()>;
    /// See [`Tx::send`](crate::Tx::send).
    fn send(&mut self, message: Envelope) -> StoreResult<()>;
    /// See [`Tx::handled_before`](crate::Tx::handled_before).
    fn handled_before(&mut self);
    /// Begins an item of [`Tx::each`](crate::Tx::each): a savepoint.
    ///
    /// # Errors
    /// If the item must not run: an earlier attempt to commit it was refused. Returns the reason.
    fn begin_item(&mut self) -> StoreResult<()>;
    /// Ends the item: keeps its changes or undoes them.
    fn end_item(&mut self, keep: Keep) -> StoreResult<()>;
    /// How many reads of this run asked for a record that must be loaded first. If there are any, the run is void: the engine loads the
    /// records and runs the write again.
    fn misses(&self) -> usize {
        0
    }
}

/// What remains of an item, or of a write, when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Its changes.
    Changes,
    /// Nothing: its changes are undone.
    Nothing,
}

impl Keep {
    /// Keeps the changes of what succeeded.
    #[must_use]
    pub const fn of<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Changes,
            Err(_) => Self::Nothing,
        }
    }
}
