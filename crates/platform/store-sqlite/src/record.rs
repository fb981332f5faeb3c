//! How records are laid out in tables.

use std::any::{Any, type_name};

use rusqlite::Connection;
use store::{AnyKey, Record, StoreResult, Value};

use super::codec::corrupt;

/// A record's place in one or several tables. A record that is one row of one table implements [`Row`](crate::Row) instead.
pub trait SqliteRecord: Record + Sized {
    /// Reads the record `key`.
    ///
    /// # Errors
    /// A store error; [`StoreError::Corrupt`](store::StoreError::Corrupt) for a row that does not decode.
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
    /// [`StoreError::Duplicate`](store::StoreError::Duplicate) if there is one with its key or a unique value of it.
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

/// The key as what it is.
pub(super) fn key_of<R: Record>(key: &AnyKey) -> StoreResult<&R::Key> {
    let key: &dyn Any = key;
    key.downcast_ref()
        .ok_or_else(|| corrupt(format!("a key of {} was expected", type_name::<R>())))
}
