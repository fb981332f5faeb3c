//! A user's account: its balance in each currency, and one sequence that numbers all its postings.

use std::collections::BTreeMap;

use kernel::{Currency, Money, Timestamp, UserId};

use super::{LedgerError, RecordedEntry};

/// Which of a user's two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    /// Money the user can spend.
    Available,
    /// Money earned but not yet released.
    Pending,
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
}

/// An account's balance in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The currency.
    pub(crate) currency: Currency,
    /// Minor units, never negative and at most [`Money::MAX_AMOUNT`].
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
        if balance_after < 0 {
            return Err(LedgerError::Overdrawn { owner });
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
