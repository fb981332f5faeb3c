//! Turning columns into values and SQLite's errors into ours.

use rusqlite::types::Type;
use rusqlite::{ErrorCode, Row};
use uuid::Uuid;

use crate::store::StoreError;

/// Maps a driver error to the word a caller can act on.
#[must_use]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what SQLite did not say itself is a row or a statement that does not fit, whichever way"
)]
pub fn store_error(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error {
        rusqlite::Error::SqliteFailure(failure, _)
            if failure.code == ErrorCode::ConstraintViolation =>
        {
            // A CHECK or NOT NULL that fires means that a guard above it let something through.
            match failure.extended_code {
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY => StoreError::Duplicate(text),
                _ => StoreError::Corrupt(text),
            }
        }
        rusqlite::Error::SqliteFailure(failure, _)
            if matches!(
                failure.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch
            ) =>
        {
            StoreError::Corrupt(text)
        }
        rusqlite::Error::SqliteFailure(failure, _)
            if failure.code == ErrorCode::OperationInterrupted =>
        {
            StoreError::Unavailable("the query took too long".to_owned())
        }
        rusqlite::Error::SqliteFailure(..) => StoreError::Unavailable(text),
        _ => StoreError::Corrupt(text),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        store_error(&error)
    }
}

/// A row that does not say what it must.
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
