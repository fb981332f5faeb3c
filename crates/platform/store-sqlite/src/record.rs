//! How records are laid out in tables, and the registry of those of one service.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use store::{AnyKey, AnyRecord, Kind, Record, StoreError, StoreResult, Value};

use super::codec::corrupt;
use super::tx::{AnyTable, Table};

/// A record's place in one or several tables. A record that is one row of one table implements [`Row`](crate::Row) instead.
pub trait SqliteRecord: Record + Sized {
    /// Reads the record `key`.
    ///
    /// # Errors
    /// A store error; [`StoreError::Corrupt`] for a row that does not decode.
    fn load(db: &Connection, key: &Self::Key) -> StoreResult<Option<Self>>;

    /// Reads at most `limit` records whose indexed `field` is `value`.
    ///
    /// # Errors
    /// A store error, or that there is no such index.
    fn find_by(
        _db: &Connection,
        field: &'static str,
        _value: &Value,
        _limit: usize,
    ) -> StoreResult<Vec<Self>> {
        Err(corrupt(format!("{} has no index on {field}", Self::NAME)))
    }

    /// Adds the record.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if there is one with its key or a unique value of it.
    fn insert(&self, db: &Connection) -> StoreResult<()>;

    /// Writes what differs from `before`, which is stored.
    ///
    /// # Errors
    /// A store error, or that such a record never changes.
    fn update(&self, _before: &Self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("a {} never changes", Self::NAME)))
    }

    /// Deletes the record.
    ///
    /// # Errors
    /// A store error, or that such a record is never deleted.
    fn delete(&self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("a {} is never deleted", Self::NAME)))
    }
}

/// Reads one record on a reader's connection.
type Load = fn(&Connection, &AnyKey) -> StoreResult<Option<AnyRecord>>;

struct Layout {
    table: fn() -> Box<dyn AnyTable>,
    load: Load,
}

/// The records of a service that has SQLite behind it.
#[derive(Default)]
pub struct Records(HashMap<TypeId, Layout>);

impl Records {
    /// The same records, and `R`.
    #[must_use]
    pub fn with<R: SqliteRecord>(mut self) -> Self {
        let layout = Layout {
            table: || Box::new(Table::<R>::default()),
            load: |db, key| {
                let found = R::load(db, key_of::<R>(key)?)?;
                Ok(found.map(|record| {
                    let record: AnyRecord = Arc::new(record);
                    record
                }))
            },
        };
        self.0.insert(TypeId::of::<R>(), layout);
        self
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

    fn layout(&self, kind: Kind) -> StoreResult<&Layout> {
        self.0
            .get(&kind.id)
            .ok_or_else(|| StoreError::Corrupt(format!("{} has no layout in SQLite", kind.name)))
    }
}

/// The key as what it is.
pub(super) fn key_of<R: Record>(key: &AnyKey) -> StoreResult<&R::Key> {
    let key: &dyn Any = key;
    key.downcast_ref()
        .ok_or_else(|| corrupt(format!("a key of {} was expected", type_name::<R>())))
}
