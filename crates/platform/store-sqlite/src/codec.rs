//! Converts columns to values.

use rusqlite::Row;
use rusqlite::types::{Type, Value};
use uuid::Uuid;

use store::StoreError;

/// The error for a row with invalid contents.
#[must_use]
pub fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}

/// Reads the 16 bytes of an id from column `index`.
///
/// # Errors
/// A driver error (mapped to [`StoreError::Corrupt`]) if the column holds something else.
pub fn id<T: From<Uuid>>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let bytes: [u8; 16] = row.get(index)?;
    Ok(T::from(Uuid::from_bytes(bytes)))
}

/// Reads a number that cannot be negative from column `index`.
///
/// # Errors
/// As [`id`].
pub fn unsigned<T: TryFrom<i64>>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let number: i64 = row.get(index)?;
    T::try_from(number).map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(
            index,
            Type::Integer,
            format!("{number} is out of range").into(),
        )
    })
}

/// Bytes as stored in a column.
#[must_use]
pub fn blob(bytes: &[u8]) -> Value {
    Value::Blob(bytes.to_vec())
}
