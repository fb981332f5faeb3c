//! The records of one service.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use kernel::Timestamp;
use rusqlite::Connection;
use store::{AnyKey, AnyRecord, Expires, Kind, StoreError, StoreResult, Value, key_of};

use super::record::SqliteRecord;
use super::table::{AnyTable, Table};

/// Reads one record on a reader's connection.
type Load = fn(&Connection, &AnyKey) -> StoreResult<Option<AnyRecord>>;

/// Reads records by an indexed field.
type FindBy = fn(&Connection, &'static str, &Value, usize) -> StoreResult<Vec<AnyRecord>>;

/// Passes all records to a visitor, with about the number of their bytes.
pub(super) type ScanAll =
    fn(&Connection, &mut dyn FnMut(AnyRecord, usize) -> StoreResult<()>) -> StoreResult<()>;

struct Layout {
    kind: Kind,
    table: fn() -> Box<dyn AnyTable>,
    load: Load,
    find_by: FindBy,
    scan: ScanAll,
    forget: fn(&Connection, Timestamp, usize) -> StoreResult<usize>,
}

/// The record kinds of a service that runs on SQLite.
#[derive(Default)]
pub struct Records {
    /// In the order in which they were added.
    layouts: Vec<Layout>,
    places: HashMap<TypeId, usize>,
}

impl store::Register for Records {
    fn row<R: store::Row>(self) -> Self {
        self.with::<R>()
    }
}

impl Records {
    /// Adds `R`.
    #[must_use]
    pub fn with<R: SqliteRecord>(mut self) -> Self {
        let layout = Layout {
            kind: Kind::of::<R>(),
            table: || Box::new(Table::<R>::default()),
            load: |db, key| {
                let found = R::load(db, key_of::<R>(key)?)?;
                Ok(found.map(any))
            },
            find_by: |db, field, value, limit| {
                let found = R::find_by(db, field, value, limit)?;
                Ok(found.into_iter().map(any).collect())
            },
            scan: |db, visit| R::scan(db, &mut |record, bytes| visit(any(record), bytes)),
            forget: R::forget,
        };
        self.places.insert(TypeId::of::<R>(), self.layouts.len());
        self.layouts.push(layout);
        self
    }

    /// The kinds, in the order in which they were added.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.layouts.iter().map(|layout| layout.kind)
    }

    pub(super) fn scan(&self, kind: Kind) -> StoreResult<ScanAll> {
        Ok(self.layout(kind)?.scan)
    }

    pub(super) fn table(&self, kind: Kind) -> StoreResult<Box<dyn AnyTable>> {
        Ok((self.layout(kind)?.table)())
    }

    pub(super) fn load(
        &self,
        kind: Kind,
        db: &Connection,
        key: &AnyKey,
    ) -> StoreResult<Option<AnyRecord>> {
        (self.layout(kind)?.load)(db, key)
    }

    pub(super) fn find_by(
        &self,
        kind: Kind,
        db: &Connection,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        (self.layout(kind)?.find_by)(db, field, value, limit)
    }

    /// Deletes records that have expired at `now`. Returns whether more may be left.
    pub(super) fn forget(&self, db: &Connection, now: Timestamp) -> StoreResult<bool> {
        let mut more = false;
        for layout in &self.layouts {
            more |= (layout.forget)(db, now, Expires::BATCH)? == Expires::BATCH;
        }
        Ok(more)
    }

    fn layout(&self, kind: Kind) -> StoreResult<&Layout> {
        let place = self.places.get(&kind.id);
        place
            .and_then(|place| self.layouts.get(*place))
            .ok_or_else(|| StoreError::Corrupt(format!("{} has no layout in SQLite", kind.name)))
    }
}

fn any<R: SqliteRecord>(record: R) -> AnyRecord {
    Arc::new(record)
}
