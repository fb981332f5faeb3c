//! Debts: what a user owes because money that they had already received was refunded to a buyer. Whatever becomes available to them
//! repays it first.

use kernel::{Currency, Money, Timestamp, TransactionId, UserId};

use super::journal::negative;
use super::{AccountKey, Accounts, Header, Kind, LedgerError, Posting, Recorded};

/// What `owner` owes in `currency`, 0 or more. Their debt account must be loaded.
pub(super) fn owed(
    owner: UserId,
    currency: Currency,
    accounts: &Accounts,
) -> Result<i64, LedgerError> {
    let debt = accounts.get(&AccountKey::debt(owner));
    let debt = debt.ok_or(LedgerError::Missing { owner })?;
    let owed = negative(Money::new(debt.balance(currency), currency), owner)?;
    Ok(owed.amount)
}

/// A transaction that made money available to a user, and the one after it, in which they repaid a debt. They are two so that a
/// statement shows both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credited {
    /// The first.
    pub(crate) recorded: Recorded,
    /// The second, if there was a debt.
    pub(crate) repaid: Option<Recorded>,
}

impl Credited {
    /// Repays the debt of `owner` from what `recorded` made available to them. `repayment` is the id of that transaction.
    ///
    /// The debt account need not be loaded if the user had money available before: they owe nothing then.
    ///
    /// # Errors
    /// [`LedgerError`]; [`Missing`](LedgerError::Missing) if the debt account was needed.
    pub(crate) fn to(
        owner: UserId,
        recorded: Recorded,
        repayment: TransactionId,
        accounts: &mut Accounts,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let available = AccountKey::available(owner);
        let alone = |recorded| {
            Ok(Self {
                recorded,
                repaid: None,
            })
        };
        let Some(entry) = recorded.entries.iter().find(|one| one.account == available) else {
            return Err(LedgerError::Missing { owner });
        };
        let (came, holds) = (entry.money, entry.balance_after);
        if holds > came.amount {
            return alone(recorded);
        }
        let amount = owed(owner, came.currency, accounts)?.min(holds);
        if amount <= 0 {
            return alone(recorded);
        }
        let header = Header {
            id: repayment,
            kind: Kind::DebtRepayment,
            operation: recorded.header.operation.repayment(),
            order: recorded.header.order,
            reference: None,
        };
        let amount = Money::new(amount, came.currency);
        let postings = [
            Posting::User(available, negative(amount, owner)?),
            Posting::User(AccountKey::debt(owner), amount),
        ];
        let repaid = Recorded::post(header, &postings, accounts, now)?;
        Ok(Self {
            recorded,
            repaid: Some(repaid),
        })
    }
}

impl IntoIterator for Credited {
    type Item = Recorded;
    type IntoIter = std::iter::Chain<std::iter::Once<Recorded>, std::option::IntoIter<Recorded>>;

    /// Both, in their order.
    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.recorded).chain(self.repaid)
    }
}
