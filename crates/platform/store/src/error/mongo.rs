//! Converts the MongoDB driver's errors. This is here and not in `store-mongo`, because only the crate of an error type may convert
//! foreign errors into it.

use mongodb::error::{Error, ErrorKind, WriteFailure};

use crate::StoreError;

/// Server codes, see `src/mongo/base/error_codes.yml` of MongoDB.
const DUPLICATE_KEY: i32 = 11000;
const WRITE_CONFLICT: i32 = 112;
const VALIDATION_FAILED: i32 = 121;

/// Maps a driver error to a category that a caller can act on. Network errors, elections, timeouts and overload are all
/// [`StoreError::Unavailable`]: nothing was written, or it is unknown whether it was.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver's list grows; what it does not tell us more about, a caller can only try again"
)]
fn store_error(error: &Error) -> StoreError {
    let text = error.to_string();
    match error.kind.as_ref() {
        ErrorKind::BsonDeserialization(_)
        | ErrorKind::BsonSerialization(_)
        | ErrorKind::Bson(_) => StoreError::Corrupt(text),
        ErrorKind::Command(command) => of_code(command.code, text),
        ErrorKind::Write(WriteFailure::WriteError(write)) => of_code(write.code, text),
        _ => StoreError::Unavailable(text),
    }
}

/// The same for an error code in a write's reply.
#[must_use]
pub fn of_code(code: i32, text: String) -> StoreError {
    match code {
        DUPLICATE_KEY => StoreError::Duplicate(text),
        VALIDATION_FAILED => StoreError::Corrupt(text),
        WRITE_CONFLICT => StoreError::Conflict(text),
        _ => StoreError::Unavailable(text),
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        store_error(&error)
    }
}
