//! Idempotency keys: one effect and one answer however often a request is sent
//! (draft-ietf-httpapi-idempotency-key-header). The header is read in `http`, the rows are kept by the store adapters.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Timestamp, UserId};
use uuid::Uuid;

/// How long a first answer is remembered.
pub const LIFETIME: Duration = Duration::from_hours(48);

/// A client's key in its scope, with the fingerprint of what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceKey {
    /// Whose key it is: two users may use the same.
    pub user: UserId,
    /// Route it was used on.
    pub route: &'static str,
    /// What the client sent.
    pub key: String,
    /// SHA-256 of the request body in canonical form.
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

/// What an earlier request with the same key came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// It was answered so.
    Answered(StoredAnswer),
    /// It has not been answered yet.
    Running,
    /// It had another body.
    OtherBody,
}

/// Makes an outcome the answer that is remembered.
pub type Render<T> = Arc<dyn Fn(&T) -> StoredAnswer + Send + Sync>;

/// A request to be done once: its key, and how its outcome becomes the answer that is remembered.
pub struct Once<T> {
    /// The key.
    pub key: OnceKey,
    /// Renders the outcome. Runs inside the transaction, so that effect and answer are stored together; as often as a store has to
    /// try the transaction.
    pub render: Render<T>,
}

/// The outcome of a request that may have been done before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered<T> {
    /// Done now.
    First(T),
    /// Not done again.
    Before(Earlier),
}

/// What asking for the right to run a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Run it, for `subject`: the one given, or the one of an earlier run that did not finish.
    Mine {
        /// The id of what the request makes.
        subject: Uuid,
        /// Until when the claim holds. It also fences it: whoever has lost the claim to another names an older time.
        until: Timestamp,
    },
    /// It ran before, or still does.
    Earlier(Earlier),
}
