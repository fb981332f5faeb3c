//! A user's account: what is in it, currency by currency, and the one sequence that its postings are numbered by.

use kernel::{Currency, Money, Timestamp, UserId};

use super::LedgerError;

/// Which of a user's two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    /// Can be spent.
    Available,
    /// Earned, and not yet released.
    Pending,
}

/// Names a user's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AccountKey {
    /// Whose it is.
    pub(crate) owner: UserId,
    /// Which of theirs.
    pub(crate) bucket: Bucket,
}

impl AccountKey {
    /// What `owner` can spend.
    pub(crate) const fn available(owner: UserId) -> Self {
        Self {
            owner,
            bucket: Bucket::Available,
        }
    }

    /// What `owner` has earned and cannot spend yet.
    pub(crate) const fn pending(owner: UserId) -> Self {
        Self {
            owner,
            bucket: Bucket::Pending,
        }
    }
}

/// What an account holds of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// The currency.
    pub(crate) currency: Currency,
    /// Minor units, never negative.
    pub(crate) balance: i64,
    /// Number of the last posting in this currency.
    pub(crate) sequence: i64,
}

/// A user's account as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Which one.
    pub(crate) key: AccountKey,
    /// What it holds of each currency that was ever posted to it.
    pub(crate) lines: Vec<Line>,
    /// Number of its last posting in any currency; 0 before the first.
    pub(crate) last_sequence: i64,
    /// Time of its last posting.
    pub(crate) last_at: Option<Timestamp>,
}

/// What a posting did to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) sequence: i64,
    pub(super) balance_after: i64,
}

impl Account {
    /// An account that nothing was ever posted to.
    pub(crate) const fn empty(key: AccountKey) -> Self {
        Self {
            key,
            lines: Vec::new(),
            last_sequence: 0,
            last_at: None,
        }
    }

    /// What it holds of `currency`.
    pub(crate) fn balance(&self, currency: Currency) -> i64 {
        self.lines
            .iter()
            .find(|line| line.currency == currency)
            .map_or(0, |line| line.balance)
    }

    /// Adds `money` (of either sign) at `at`.
    pub(super) fn post(&mut self, money: Money, at: Timestamp) -> Result<Step, LedgerError> {
        let owner = self.key.owner;
        let sequence = self
            .last_sequence
            .checked_add(1)
            .ok_or(LedgerError::Overflow { owner })?;
        let balance_after = self
            .balance(money.currency)
            .checked_add(money.amount)
            .ok_or(LedgerError::Overflow { owner })?;
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
        Ok(Step {
            sequence,
            balance_after,
        })
    }
}

/// The users' accounts that a decision is made on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accounts(Vec<Account>);

impl Accounts {
    /// The account `key`, if it was loaded.
    pub(crate) fn get(&self, key: AccountKey) -> Option<&Account> {
        self.0.iter().find(|account| account.key == key)
    }

    pub(super) fn get_mut(&mut self, key: AccountKey) -> Result<&mut Account, LedgerError> {
        self.0
            .iter_mut()
            .find(|account| account.key == key)
            .ok_or(LedgerError::Missing { owner: key.owner })
    }
}

impl IntoIterator for Accounts {
    type Item = Account;
    type IntoIter = std::vec::IntoIter<Account>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Account> for Accounts {
    fn from_iter<I: IntoIterator<Item = Account>>(accounts: I) -> Self {
        Self(accounts.into_iter().collect())
    }
}
