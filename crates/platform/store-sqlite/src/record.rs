//! How records are laid out in tables.

use kernel::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
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

    /// Passes all records to `visit`, with about the number of their bytes, in an order that is the same each time.
    ///
    /// # Errors
    /// A store error, or what `visit` returns.
    fn scan(
        db: &Connection,
        visit: &mut dyn FnMut(Self, usize) -> StoreResult<()>,
    ) -> StoreResult<()>;

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

/// Loads each record whose key `sql` finds, and passes it to `visit`: a [`SqliteRecord::scan`] of what lies in several tables.
///
/// # Errors
/// As [`SqliteRecord::scan`].
pub fn scan_keys<R: SqliteRecord>(
    db: &Connection,
    sql: &str,
    key: impl Fn(&Row<'_>) -> StoreResult<R::Key>,
    visit: &mut dyn FnMut(R, usize) -> StoreResult<()>,
) -> StoreResult<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = key(row)?;
        let found = R::load(db, &key)?;
        let record = found.ok_or_else(|| corrupt(format!("{} {key:?} is gone", R::NAME)))?;
        visit(record, size(row)?)?;
    }
    Ok(())
}

/// About how many bytes a row has.
pub(super) fn size(row: &Row<'_>) -> StoreResult<usize> {
    let mut bytes = 0;
    for index in 0..row.as_ref().column_count() {
        bytes += match row.get_ref(index)? {
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 8,
            ValueRef::Text(content) | ValueRef::Blob(content) => content.len(),
        };
    }
    Ok(bytes)
}
