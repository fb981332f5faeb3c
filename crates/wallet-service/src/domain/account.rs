//! A user's account: its balance in each currency, and one sequence that numbers all its postings.

use std::collections::BTreeMap;

use kernel::{Currency, Money, Timestamp, UserId};

use super::{LedgerError, RecordedEntry};

/// Which of a user's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    /// Money the user can spend.
    Available,
    /// Money earned but not yet available.
    Pending,
    /// What the user owes the marketplace, as a balance of zero or less. It arises only when nothing is available, and what comes
    /// in repays it first, so a user never has money available and a debt in one currency.
    Debt,
}

/// Identifies a user's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AccountKey {
    /// The account's owner.
    pub(crate) owner: UserId,
    /// Which of the owner's accounts.
    pub(crate) bucket: Bucket,
}

impl AccountKey {
    /// All accounts of `owner`.
    pub(crate) const fn all(owner: UserId) -> [Self; 3] {
        [
            Self::available(owner),
            Self::pending(owner),
            Self::debt(owner),
        ]
    }

    /// The account with the money that `owner` can spend.
    pub(crate) const fn available(owner: UserId) -> Self {
        Self {
            owner,
            bucket: Bucket::Available,
        }
    }

    /// The account with the money that `owner` has earned and cannot spend yet.
    pub(crate) const fn pending(owner: UserId) -> Self {
        Self {
            owner,
            bucket: Bucket::Pending,
        }
    }

    /// The account with what `owner` owes.
    pub(crate) const fn debt(owner: UserId) -> Self {
        Self {
            owner,
            bucket: Bucket::Debt,
        }
    }
}

/// An account's balance in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The currency.
    pub(crate) currency: Currency,
    /// Minor units, at most [`Money::MAX_AMOUNT`] and not negative; in a debt account the same with the opposite sign.
    pub(crate) balance: i64,
    /// Number of the last posting in this currency.
    pub(crate) sequence: i64,
}

/// The current state of a user's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its key.
    pub(crate) key: AccountKey,
    /// Its balance in each currency ever posted to it.
    pub(crate) lines: Vec<Line>,
    /// Number of its last posting in any currency; 0 before the first.
    pub(crate) last_sequence: i64,
    /// Time of its last posting.
    pub(crate) last_at: Option<Timestamp>,
}

/// The user accounts that a decision is based on.
pub(crate) type Accounts = BTreeMap<AccountKey, Account>;

impl Account {
    /// An account without postings.
    pub(crate) const fn empty(key: AccountKey) -> Self {
        Self {
            key,
            lines: Vec::new(),
            last_sequence: 0,
            last_at: None,
        }
    }

    /// Its balance in `currency`.
    pub(crate) fn balance(&self, currency: Currency) -> i64 {
        self.lines
            .iter()
            .find(|line| line.currency == currency)
            .map_or(0, |line| line.balance)
    }

    /// Adds `money` (of either sign) at `at`.
    pub(super) fn post(
        &mut self,
        money: Money,
        at: Timestamp,
    ) -> Result<RecordedEntry, LedgerError> {
        let owner = self.key.owner;
        let sequence = self
            .last_sequence
            .checked_add(1)
            .ok_or(LedgerError::Overflow { owner })?;
        let balance_after = Money::new(self.balance(money.currency), money.currency)
            .checked_add(money)
            .map_err(|_| LedgerError::Overflow { owner })?
            .amount;
        match self.key.bucket {
            Bucket::Available | Bucket::Pending if balance_after < 0 => {
                return Err(LedgerError::Overdrawn { owner });
            }
            Bucket::Debt if balance_after > 0 => return Err(LedgerError::Overpaid { owner }),
            Bucket::Available | Bucket::Pending | Bucket::Debt => {}
        }
        let known = self
            .lines
            .iter_mut()
            .find(|line| line.currency == money.currency);
        if let Some(line) = known {
            line.balance = balance_after;
            line.sequence = sequence;
        } else {
            self.lines.push(Line {
                currency: money.currency,
                balance: balance_after,
                sequence,
            });
        }
        self.last_sequence = sequence;
        self.last_at = Some(at);
        Ok(RecordedEntry {
            account: self.key,
            money,
            balance_after,
            sequence,
        })
    }
}
