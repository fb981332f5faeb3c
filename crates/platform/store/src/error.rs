//! The errors of every store, whatever its engine.

#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

/// A store's refusal or failure, in four categories that a caller can act on. The text is for the log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another transaction changed the row since it was read.
    #[error("conflict: {0}")]
    Conflict(String),
    /// A row with this key already exists.
    #[error("duplicate: {0}")]
    Duplicate(String),
    /// The store cannot be reached, is full, or is overloaded. Nothing was written, or it is unknown whether it was: repeat with the same
    /// key.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A row does not decode or breaks an invariant.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

/// The result of store methods.
pub type StoreResult<T> = Result<T, StoreError>;
