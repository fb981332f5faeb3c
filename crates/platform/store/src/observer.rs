//! Reports which records of one kind this process writes, so that an index in memory can follow them.

use std::sync::atomic::{AtomicU64, Ordering};

use contracts::Envelope;

use crate::record::{AnyKey, AnyRecord, Kind, Value};
use crate::{Engine, Keep, StoreResult};

/// Is told of records that are saved.
pub trait Observer: Send + Sync {
    /// The kind of records that it is told of.
    fn kind(&self) -> Kind;

    /// `write` saves the record, if it is committed. May be told more than once, and of what is undone later. Called in the transaction:
    /// it must not wait.
    fn saves(&self, write: WriteNumber, record: &AnyRecord);

    /// `write` has ended: it is committed, or never will be. Not called for a write whose caller has gone away.
    fn ended(&self, write: WriteNumber);
}

/// Tells one write of a process from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WriteNumber(u64);

impl WriteNumber {
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// An engine that tells an observer of what is saved.
pub(crate) struct Observed<'a> {
    pub(crate) engine: &'a mut dyn Engine,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) write: WriteNumber,
}

impl Observed<'_> {
    fn tell(&self, kind: Kind, record: &AnyRecord) {
        if kind == self.observer.kind() {
            self.observer.saves(self.write, record);
        }
    }
}

impl Engine for Observed<'_> {
    fn get(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<Option<AnyRecord>> {
        self.engine.get(kind, key)
    }

    fn find_by(
        &mut self,
        kind: Kind,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        self.engine.find_by(kind, field, value, limit)
    }

    fn want(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        self.engine.want(kind, key)
    }

    fn insert(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        self.tell(kind, &record);
        self.engine.insert(kind, record)
    }

    fn put(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        self.tell(kind, &record);
        self.engine.put(kind, record)
    }

    fn delete(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        self.engine.delete(kind, key)
    }

    fn hold(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        self.engine.hold(kind, key)
    }

    fn send(&mut self, message: Envelope) -> StoreResult<()> {
        self.engine.send(message)
    }

    fn handled_before(&mut self) {
        self.engine.handled_before();
    }

    fn begin_item(&mut self) -> StoreResult<()> {
        self.engine.begin_item()
    }

    fn end_item(&mut self, keep: Keep) -> StoreResult<()> {
        self.engine.end_item(keep)
    }

    fn misses(&self) -> usize {
        self.engine.misses()
    }
}
