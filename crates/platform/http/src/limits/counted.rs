//! What a limit counts by: a user or a network prefix.

use kernel::UserId;

use crate::network::Prefix;

/// What requests are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    User(UserId),
    Prefix(Prefix),
}
