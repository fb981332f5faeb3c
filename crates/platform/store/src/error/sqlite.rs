//! Converts SQLite's errors. This is here and not in `store-sqlite`, because only the crate of an error type may convert foreign errors
//! into it.

use rusqlite::ErrorCode;

use crate::StoreError;

/// Maps a driver error to a category that a caller can act on.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what SQLite did not say itself is a row or a statement that does not fit, whichever way"
)]
fn store_error(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error {
        rusqlite::Error::SqliteFailure(failure, _)
            if failure.code == ErrorCode::ConstraintViolation =>
        {
            // A failing CHECK or NOT NULL means that an earlier check missed an invalid value.
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
