//! What every store says when it cannot do what it was asked, whatever is behind it.

#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

/// A store's refusal or failure. The four words a caller can act on; the text is for the log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Someone else changed the row since it was read.
    #[error("conflict: {0}")]
    Conflict(String),
    /// A row with this key is there already.
    #[error("duplicate: {0}")]
    Duplicate(String),
    /// The store cannot be reached, is full, or has more work than it can take. Nothing was written, or it is unknown
    /// whether it was: repeat with the same key.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A row does not decode or breaks an invariant.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

/// Shorthand for what store methods return.
pub type StoreResult<T> = Result<T, StoreError>;
