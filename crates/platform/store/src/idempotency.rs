//! Idempotency keys: one effect and one answer however often a request is sent (draft-ietf-httpapi-idempotency-key-header). `http` reads
//! the header; the store adapters keep the rows.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Timestamp, UserId};
use uuid::Uuid;

use crate::StoreResult;

/// How long a first answer is remembered.
pub const LIFETIME: Duration = Duration::from_hours(48);

/// A client's key in its scope, with the fingerprint of the request it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceKey {
    /// The owner of the key: two users may use the same key.
    pub user: UserId,
    /// Route it was used on.
    pub route: &'static str,
    /// What the client sent.
    pub key: String,
    /// SHA-256 of what the request asks for.
    pub fingerprint: [u8; 32],
}

/// An answer as it was first given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Value of the `Location` header, if it had one.
    pub location: Option<String>,
    /// Value of the `ETag` header, if it had one.
    pub etag: Option<String>,
    /// The JSON body.
    pub body: Vec<u8>,
}

impl StoredAnswer {
    /// What is stored in the place of an answer that told of a person who is erased. A repeat is told so, and changes nothing.
    #[must_use]
    pub const fn erased() -> Self {
        Self {
            status: 410,
            location: None,
            etag: None,
            body: Vec::new(),
        }
    }
}

/// Renders an outcome as the answer that is stored.
pub type Render<T> = Arc<dyn Fn(&T) -> StoreResult<StoredAnswer> + Send + Sync>;

/// A request's Idempotency-Key, and how its answer is rendered.
#[derive(Clone)]
pub struct Repeatable<T> {
    /// The key in its scope.
    pub key: OnceKey,
    /// Renders the answer. It runs in the transaction, so that effect and answer are stored together.
    pub render: Render<T>,
}

/// The result of an earlier request with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// It was answered with this.
    Answered(StoredAnswer),
    /// It has not been answered yet.
    Running,
    /// It had another body.
    OtherBody,
}

/// The outcome of a request that may have been done before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered<T> {
    /// Done now.
    First(T),
    /// Not done again.
    Before(Earlier),
}

/// The result of claiming the right to run a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Run it for `subject`: the given one, or that of an earlier run that did not finish.
    Mine {
        /// The id of what the request creates.
        subject: Uuid,
        /// Until when the claim holds. It also serves as a fence: a run that has lost its claim names an older time.
        until: Timestamp,
    },
    /// It ran before, or still does.
    Earlier(Earlier),
}
