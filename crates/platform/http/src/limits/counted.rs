//! Whom a limit counts for.

use kernel::UserId;

use crate::network::Prefix;

/// Whom something is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    User(UserId),
    Prefix(Prefix),
}
