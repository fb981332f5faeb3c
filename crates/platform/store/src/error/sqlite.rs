//! Converts SQLite's errors. This is here and not in `store-sqlite`, because only the crate of an error type may convert foreign errors
//! into it.

use rusqlite::ErrorCode;

use crate::StoreError;

/// Maps a driver error to a category that a caller can act on. A full disk, a read-only one and one that fails are no fault of the rows.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what SQLite did not say itself is a row or a statement that does not fit, whichever way"
)]
fn store_error(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        return StoreError::Corrupt(text);
    };
    match failure.code {
        // A failing CHECK or NOT NULL means that an earlier check missed an invalid value.
        ErrorCode::ConstraintViolation => match failure.extended_code {
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
            | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY => StoreError::Duplicate(text),
            _ => StoreError::Corrupt(text),
        },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch => {
            StoreError::Corrupt(text)
        }
        ErrorCode::OperationInterrupted => {
            StoreError::Unavailable("the query took too long".to_owned())
        }
        _ if matches!(error, rusqlite::Error::SqlInputError { .. }) => StoreError::Corrupt(text),
        _ => StoreError::Unavailable(text),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        store_error(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_takes_no_writes_is_unavailable_and_never_corrupt() {
        use rusqlite::ffi;
        for code in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_TRUNCATE,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_BUSY,
            ffi::SQLITE_NOMEM,
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = StoreError::from(error);
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = StoreError::from(error);
            assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
        }
    }
}
