//! What the ledger never accepts.

use kernel::{Currency, UserId};

/// A transaction that cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LedgerError {
    /// The postings do not cancel out.
    #[error("the postings in {currency} sum to {sum}, not to zero")]
    Unbalanced {
        /// The currency that is off.
        currency: Currency,
        /// By how much.
        sum: i128,
    },
    /// There are fewer than two postings, or one that moves nothing.
    #[error("a transaction moves something from one account to another")]
    Empty,
    /// A balance would not fit 64 bits.
    #[error("the balance of {owner} would not fit")]
    Overflow {
        /// Whose balance.
        owner: UserId,
    },
    /// A user's balance would become negative.
    #[error("the balance of {owner} would become negative")]
    Overdrawn {
        /// Whose balance.
        owner: UserId,
    },
    /// An account of the transaction was not loaded.
    #[error("the account of {owner} was not loaded")]
    Missing {
        /// Whose account.
        owner: UserId,
    },
}
