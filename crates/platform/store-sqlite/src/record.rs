//! How records are laid out in tables.

use kernel::Timestamp;
use rusqlite::Connection;
use store::{Record, StoreResult, Value};

use super::codec::corrupt;

/// Maps a record to one or several tables. A record that is one row of one table implements [`store::Row`] instead.
pub trait SqliteRecord: Record + Sized {
    /// Reads the record `key`.
    ///
    /// # Errors
    /// A store error; [`StoreError::Corrupt`](store::StoreError::Corrupt) for a row that does not decode.
    fn load(db: &Connection, key: &Self::Key) -> StoreResult<Option<Self>>;

    /// Reads at most `limit` records whose indexed `field` is `value`.
    ///
    /// # Errors
    /// A store error, or that the field has no index.
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
    /// [`StoreError::Duplicate`](store::StoreError::Duplicate) if a record with its key or one of its unique values exists.
    fn insert(&self, db: &Connection) -> StoreResult<()>;

    /// Writes the differences from `before`, the stored record.
    ///
    /// # Errors
    /// A store error, or that records of this kind never change.
    fn update(&self, _before: &Self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("a {} never changes", Self::NAME)))
    }

    /// Deletes the record.
    ///
    /// # Errors
    /// A store error, or that records of this kind are never deleted.
    fn delete(&self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("a {} is never deleted", Self::NAME)))
    }

    /// Deletes at most `limit` records that have expired at `now`. Returns how many.
    ///
    /// # Errors
    /// A store error.
    fn forget(_db: &Connection, _now: Timestamp, _limit: usize) -> StoreResult<usize> {
        Ok(0)
    }
}
