//! A statement: the postings of a user's available account, newest first.

use kernel::Timestamp;

use super::Kind;

/// A posting's position in its account's statement. Both fields increase together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Its time.
    pub(crate) at: Timestamp,
    /// Its number.
    pub(crate) sequence: i64,
}

/// Which postings a page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StatementFilter {
    /// Only postings of this kind.
    pub(crate) kind: Option<Kind>,
    /// Only postings at or after this time.
    pub(crate) from: Option<Timestamp>,
    /// Only postings before this time.
    pub(crate) to: Option<Timestamp>,
    /// Only postings before this position, where the previous page ended.
    pub(crate) before: Option<Place>,
}
