//! Journal transactions: immutable, balanced, and recorded on the users' accounts with a number and the balance after each.
//! (Double entry; the model follows Fowler, "Accounting Patterns": transaction, entry, account.)

use std::collections::BTreeMap;

use kernel::{Currency, Money, OrderId, Timestamp, TransactionId, UserId};

use super::{AccountKey, Accounts, LedgerError, OperationId, Reference};

/// The purpose of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// From outside to a user.
    Credit,
    /// From a user to the outside.
    Debit,
    /// From a buyer to escrow.
    OrderPayment,
    /// From escrow back to the buyer.
    OrderRefund,
    /// From escrow to a seller's debt and pending earnings and to the platform's fees.
    OrderRelease,
    /// From a seller's pending earnings to their available account.
    Earning,
    /// From a seller and the platform's fees back to escrow, for a refund after the release.
    EarningReversal,
    /// From a user's available account to their debt.
    DebtRepayment,
}

kernel::words!(Kind {
    Credit = "credit", Debit = "debit", OrderPayment = "order_payment",
    OrderRefund = "order_refund", OrderRelease = "order_release", Earning = "earning",
    EarningReversal = "earning_reversal", DebtRepayment = "debt_repayment"
});

impl Kind {
    /// The kinds that a statement of an available account can show.
    pub(crate) const IN_STATEMENT: [Self; 7] = [
        Self::Credit,
        Self::Debit,
        Self::OrderPayment,
        Self::OrderRefund,
        Self::Earning,
        Self::EarningReversal,
        Self::DebtRepayment,
    ];
}

/// An account that belongs to no user. Its balance is the sum of its postings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SystemAccount {
    /// Paid for orders, not yet released.
    Escrow,
    /// The platform's earnings.
    PlatformFees,
    /// The source of topped-up money.
    ExternalTopup,
    /// The destination of withdrawn money.
    ExternalWithdrawal,
}

/// One line of a transaction: an account and a signed amount, positive when the account receives money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posting {
    /// On a user's account.
    User(AccountKey, Money),
    /// On a system account.
    System(SystemAccount, Money),
}

impl Posting {
    const fn money(&self) -> Money {
        match *self {
            Self::User(_, money) | Self::System(_, money) => money,
        }
    }
}

/// Everything in a transaction except its postings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// Its id.
    pub(crate) id: TransactionId,
    /// Its purpose.
    pub(crate) kind: Kind,
    /// The operation that it performs; the journal holds each operation at most once.
    pub(crate) operation: OperationId,
    /// The order it belongs to.
    pub(crate) order: Option<OrderId>,
    /// The client's reference.
    pub(crate) reference: Option<Reference>,
}

/// A line of a user's account, as a statement shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The transaction.
    pub(crate) id: TransactionId,
    /// Its purpose.
    pub(crate) kind: Kind,
    /// The amount, negative when money left the account.
    pub(crate) money: Money,
    /// The account's balance in that currency after the posting.
    pub(crate) balance_after: i64,
    /// The posting's number in the account: 1, 2, 3 …
    pub(crate) sequence: i64,
    /// The order it belongs to.
    pub(crate) order: Option<OrderId>,
    /// The client's reference.
    pub(crate) reference: Option<Reference>,
    /// Its time.
    pub(crate) at: Timestamp,
}

/// A posting to a user's account, recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedEntry {
    /// The account.
    pub(crate) account: AccountKey,
    /// The amount, negative when money left the account.
    pub(crate) money: Money,
    /// The account's balance in that currency after the posting.
    pub(crate) balance_after: i64,
    /// The posting's number in the account: 1, 2, 3 …
    pub(crate) sequence: i64,
}

/// A transaction: balanced, and posted to its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Id, kind, operation, order, reference.
    pub(crate) header: Header,
    /// Its time.
    pub(crate) at: Timestamp,
    /// Lines on users' accounts.
    pub(crate) entries: Vec<RecordedEntry>,
    /// Lines on system accounts.
    pub(crate) system: Vec<(SystemAccount, Money)>,
}

impl Recorded {
    /// Posts a transaction to `accounts`. Its time is `now`, or the latest posting time of these accounts if that is later. So time
    /// never decreases within an account, even if the clock does.
    ///
    /// # Errors
    /// [`LedgerError`]: [`Empty`](LedgerError::Empty) for fewer than two postings or a posting of zero,
    /// [`Unbalanced`](LedgerError::Unbalanced) if they do not sum to zero in each currency. The caller must then discard the accounts.
    pub(crate) fn post(
        header: Header,
        postings: &[Posting],
        accounts: &mut Accounts,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        check(postings)?;
        let touched = postings.iter().filter_map(|posting| match posting {
            Posting::User(key, _) => accounts.get(key)?.last_at,
            Posting::System(..) => None,
        });
        let at = touched.fold(now, Timestamp::max);
        let (mut entries, mut system) = (Vec::new(), Vec::new());
        for posting in postings {
            match *posting {
                Posting::User(key, money) => {
                    let account = accounts.get_mut(&key);
                    let account = account.ok_or(LedgerError::Missing { owner: key.owner })?;
                    entries.push(account.post(money, at)?);
                }
                Posting::System(account, money) => system.push((account, money)),
            }
        }
        Ok(Self {
            header,
            at,
            entries,
            system,
        })
    }

    /// Its line on the account `key`, as a statement shows it. No transaction has two lines on one account.
    pub(crate) fn entry(&self, key: AccountKey) -> Option<Entry> {
        let line = self.entries.iter().find(|line| line.account == key)?;
        Some(Entry {
            id: self.header.id,
            kind: self.header.kind,
            money: line.money,
            balance_after: line.balance_after,
            sequence: line.sequence,
            order: self.header.order,
            reference: self.header.reference.clone(),
            at: self.at,
        })
    }
}

/// Checks that the postings cancel out.
fn check(postings: &[Posting]) -> Result<(), LedgerError> {
    if postings.len() < 2 || postings.iter().any(|posting| posting.money().amount == 0) {
        return Err(LedgerError::Empty);
    }
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for money in postings.iter().map(Posting::money) {
        // i128 cannot overflow here: 2^63 times any number of postings that fits in memory.
        *sums.entry(money.currency).or_default() += i128::from(money.amount);
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        Some((currency, sum)) => Err(LedgerError::Unbalanced { currency, sum }),
        None => Ok(()),
    }
}

/// What leaves an account if `money` enters it. An overflow, which no valid amount causes, names `owner`.
pub(super) fn negative(money: Money, owner: UserId) -> Result<Money, LedgerError> {
    money
        .checked_neg()
        .map_err(|_| LedgerError::Overflow { owner })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Account;
    use kernel::SystemIds;
    use proptest::prelude::*;

    fn header() -> Header {
        let id = TransactionId::new(&SystemIds::default());
        Header {
            id,
            kind: Kind::Credit,
            operation: OperationId::of_transaction(id),
            order: None,
            reference: None,
        }
    }

    fn currency(index: usize) -> Currency {
        ["USD", "EUR", "JPY"][index % 3].parse().unwrap()
    }

    fn posting(user: bool, amount: i64, currency: Currency) -> Posting {
        let money = Money::new(amount, currency);
        if user {
            let nobody = UserId::from_uuid(uuid::Uuid::nil());
            Posting::User(AccountKey::available(nobody), money)
        } else {
            Posting::System(SystemAccount::Escrow, money)
        }
    }

    /// Amounts of which some add up to just about the largest balance.
    fn amount() -> impl Strategy<Value = i64> {
        let close = Money::MAX_AMOUNT - 3..=Money::MAX_AMOUNT + 3;
        prop_oneof![
            any::<i64>(),
            -5i64..5,
            close.clone(),
            close.prop_map(|amount| -amount)
        ]
    }

    proptest! {
        #[test]
        fn a_transaction_exists_only_if_its_postings_cancel_out_in_each_currency(
            lines in proptest::collection::vec((any::<bool>(), any::<i64>(), 0usize..3), 0..8),
            balance in any::<bool>(),
        ) {
            let mut postings: Vec<Posting> = lines.iter().map(|(user, amount, c)| posting(*user, *amount, currency(*c))).collect();
            if balance {
                // Add the opposite of each posting that has one, so that they cancel out.
                let opposites: Vec<Posting> = postings
                    .iter()
                    .filter_map(|p| Some(posting(false, p.money().amount.checked_neg()?, p.money().currency)))
                    .collect();
                postings.extend(opposites);
            }
            let zero = (0..3).all(|c| postings.iter().filter(|p| p.money().currency == currency(c))
                .map(|p| i128::from(p.money().amount)).sum::<i128>() == 0);
            let sound = postings.len() >= 2 && postings.iter().all(|p| p.money().amount != 0) && zero;
            prop_assert_eq!(check(&postings).is_ok(), sound);
        }

        #[test]
        fn an_account_numbers_its_postings_without_gap_and_stays_between_zero_and_the_largest_amount(
            amounts in proptest::collection::vec((amount(), 0usize..3, -5i64..5), 1..40),
        ) {
            let key = AccountKey::available(UserId::from_uuid(uuid::Uuid::nil()));
            let mut accounts = Accounts::from([(key, Account::empty(key))]);
            let (mut expected, mut last_at, mut now) = (0, i64::MIN, 0);
            for (amount, c, drift) in amounts {
                now += drift;
                let money = Money::new(amount, currency(c));
                let Ok(opposite) = money.checked_neg() else { continue };
                if amount == 0 { continue }
                let before = accounts.get(&key).unwrap().balance(money.currency);
                let postings = [Posting::User(key, money), Posting::System(SystemAccount::ExternalTopup, opposite)];
                let mut copy = accounts.clone();
                let outcome = Recorded::post(header(), &postings, &mut copy, Timestamp::from_millis(now));
                let fits = before.checked_add(amount).is_some_and(|after| (0..=Money::MAX_AMOUNT).contains(&after));
                prop_assert_eq!(outcome.is_ok(), fits);
                if let Ok(recorded) = outcome {
                    accounts = copy;
                    expected += 1;
                    let entry = recorded.entry(key).unwrap();
                    prop_assert_eq!((entry.sequence, entry.balance_after), (expected, before + amount));
                    prop_assert!(entry.at.as_millis() >= now && entry.at.as_millis() >= last_at);
                    last_at = entry.at.as_millis();
                }
            }
        }
    }
}
