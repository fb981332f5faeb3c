//! The transaction port: what a use case reads and writes in one transaction, on any engine.
//!
//! A use case is a synchronous closure over a [`Tx`]: load, decide, save, send. It may run more than once (to load a missing record, or
//! after a lost race), so the `Tx` must be its only effect. It must base decisions only on records that it writes or holds: MongoDB's
//! snapshots allow write skew, SQLite's single writer does not. Both engines give these guarantees:
//!
//! - everything is committed, or nothing;
//! - it sees its own changes;
//! - `Ok` commits, even `Ok(Err(refusal))`; `Err` rolls back.

use std::sync::Arc;

use contracts::Envelope;

use crate::record::{AnyRecord, Kind, Record, Value, record_of};
use crate::{Engine, Keep, StoreError, StoreResult};

/// One transaction. See the module.
pub struct Tx<'a>(&'a mut (dyn Engine + 'a));

impl<'a> Tx<'a> {
    /// A transaction that `engine` runs.
    pub fn new(engine: &'a mut (dyn Engine + 'a)) -> Self {
        Self(engine)
    }

    /// The engine, for one that stands before it.
    pub(crate) fn engine(&mut self) -> &mut (dyn Engine + 'a) {
        &mut *self.0
    }
}

impl Tx<'_> {
    /// The record `key`, with this transaction's changes. None if it does not exist.
    ///
    /// # Errors
    /// A store error. Pass it on: it may mean that the record must be loaded first, and the write runs again.
    pub fn get<R: Record>(&mut self, key: &R::Key) -> StoreResult<Option<Arc<R>>> {
        self.0
            .get(Kind::of::<R>(), key)?
            .map(record_of::<R>)
            .transpose()
    }

    /// At most `limit` records whose indexed `field` is `value`, in any order. Never base a decision on their number or sum: another
    /// transaction may add one at the same time.
    ///
    /// # Errors
    /// As [`Tx::get`].
    pub fn find_by<R: Record>(
        &mut self,
        field: &'static str,
        value: impl Into<Value>,
        limit: usize,
    ) -> StoreResult<Vec<Arc<R>>> {
        let found = self
            .0
            .find_by(Kind::of::<R>(), field, &value.into(), limit)?;
        found.into_iter().map(record_of::<R>).collect()
    }

    /// Announces reads, so that one query loads the records together. A hint, never needed for correctness.
    ///
    /// # Errors
    /// A store error.
    pub fn want<R: Record>(&mut self, keys: impl IntoIterator<Item = R::Key>) -> StoreResult<()> {
        keys.into_iter()
            .try_for_each(|key| self.0.want(Kind::of::<R>(), &key))
    }

    /// Adds `record`.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if a record with its key or one of its unique values exists. The engine may detect it only at the
    /// commit. Then the whole write fails with it, or only the item of [`Tx::each`] that inserted the record.
    pub fn insert<R: Record>(&mut self, record: R) -> StoreResult<()> {
        self.0.insert(Kind::of::<R>(), Arc::new(record))
    }

    /// Adds a record of some kind, see [`Tx::insert`].
    pub(crate) fn insert_any(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        self.0.insert(kind, record)
    }

    /// Saves `record`: inserts it, or writes the differences from the stored one.
    ///
    /// # Errors
    /// As [`Tx::get`].
    pub fn put<R: Record>(&mut self, record: R) -> StoreResult<()> {
        self.0.put(Kind::of::<R>(), Arc::new(record))
    }

    /// Deletes the record `key`, if there is one.
    ///
    /// # Errors
    /// As [`Tx::get`].
    pub fn delete<R: Record>(&mut self, key: &R::Key) -> StoreResult<()> {
        self.0.delete(Kind::of::<R>(), key)
    }

    /// Makes this transaction conflict with any other that changes the record `key`, as if it changed the record itself: for a decision
    /// that rests on a record and leaves it as it is.
    ///
    /// # Errors
    /// As [`Tx::get`]; [`StoreError::Corrupt`] if there is no such record, because nothing can be held then.
    pub fn hold<R: Record>(&mut self, key: &R::Key) -> StoreResult<()> {
        if self.get::<R>(key)?.is_none() {
            let what = format!("{} {key:?} does not exist and cannot be held", R::NAME);
            return Err(StoreError::Corrupt(what));
        }
        self.0.hold(Kind::of::<R>(), key)
    }

    /// Adds `message` to the outbox. The relay sends it once the transaction is committed. A message whose id is still pending there is
    /// not added again: resending an unsent message has no effect.
    ///
    /// # Errors
    /// A store error.
    pub fn send(&mut self, message: Envelope) -> StoreResult<()> {
        self.0.send(message)
    }

    /// Counts a message that was handled before, for the metrics. [`Tx::once`] does this itself.
    pub fn handled_before(&mut self) {
        self.0.handled_before();
    }

    /// Runs `handle` for each item in its own savepoint, so that an item that fails leaves no trace and does not affect the others.
    /// Returns one result for each, in order. Records that are missing for several items are loaded together.
    ///
    /// # Errors
    /// If the store itself failed ([`StoreError::Unavailable`]): then no item is handled.
    pub fn each<I, T>(
        &mut self,
        items: &[I],
        mut handle: impl FnMut(&mut Tx<'_>, &I) -> StoreResult<T>,
    ) -> StoreResult<Vec<StoreResult<T>>> {
        let mut results = Vec::with_capacity(items.len());
        let mut missed = None;
        for item in items {
            if let Err(refused) = self.0.begin_item() {
                results.push(Err(refused));
                continue;
            }
            let before = self.0.misses();
            let result = handle(&mut Tx(&mut *self.0), item);
            let has_missed = self.0.misses() > before;
            self.0.end_item(if has_missed {
                Keep::Nothing
            } else {
                Keep::of(&result)
            })?;
            match result {
                Err(error) if has_missed => missed = Some(error),
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                result => results.push(result),
            }
        }
        // The run is void anyway; ending it here saves further work.
        missed.map_or(Ok(results), Err)
    }
}
