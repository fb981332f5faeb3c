//! Errors for transactions that the ledger never accepts.

use kernel::{Currency, UserId};

/// A transaction that cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LedgerError {
    /// The postings do not cancel out.
    #[error("the postings in {currency} sum to {sum}, not to zero")]
    Unbalanced {
        /// The unbalanced currency.
        currency: Currency,
        /// The sum of its postings.
        sum: i128,
    },
    /// There are fewer than two postings, or a posting of zero.
    #[error("a transaction moves something from one account to another")]
    Empty,
    /// A balance would exceed [`kernel::Money::MAX_AMOUNT`].
    #[error("the balance of {owner} would not fit")]
    Overflow {
        /// The account's owner.
        owner: UserId,
    },
    /// A user's balance would become negative.
    #[error("the balance of {owner} would become negative")]
    Overdrawn {
        /// The account's owner.
        owner: UserId,
    },
    /// More of a debt would be repaid than there is.
    #[error("{owner} would repay more than they owe")]
    Overpaid {
        /// The account's owner.
        owner: UserId,
    },
    /// An account of the transaction was not loaded.
    #[error("the account of {owner} was not loaded")]
    Missing {
        /// The account's owner.
        owner: UserId,
    },
}
