//! A statement: the postings of a user's available account, newest first.

use kernel::{Timestamp, UserId};

use super::Kind;

/// Where a posting stands in its account's statement. Both numbers rise together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Its time.
    pub(crate) at: Timestamp,
    /// Its number.
    pub(crate) sequence: i64,
}

/// Which postings a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatementFilter {
    /// Whose.
    pub(crate) owner: UserId,
    /// Only of this kind.
    pub(crate) kind: Option<Kind>,
    /// Not earlier than this.
    pub(crate) from: Option<Timestamp>,
    /// Earlier than this.
    pub(crate) to: Option<Timestamp>,
    /// Older than this.
    pub(crate) before: Option<Place>,
}
