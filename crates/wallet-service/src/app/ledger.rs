//! Loads the accounts that a decision is made on, and saves the transactions that it made.

use kernel::{Currency, UserId};
use store::{StoreError, StoreResult, Tx};

use crate::domain::{Account, AccountKey, Accounts, Bucket, LedgerError, Recorded};

/// The accounts `keys`; empty where nothing was ever posted.
pub(super) fn load(tx: &mut Tx<'_>, keys: &[AccountKey]) -> StoreResult<Accounts> {
    tx.want::<Account>(keys.iter().copied())?;
    keys.iter()
        .map(|key| {
            let found = tx.get::<Account>(key)?;
            let account = found.map_or_else(|| Account::empty(*key), |found| (*found).clone());
            Ok((*key, account))
        })
        .collect()
}

/// Adds the debt of `owner` to `accounts`, which hold their available account, if there can be one: a user who has money available owes
/// none of its currency. So only a credit to an empty wallet reads a second account.
pub(super) fn load_debt(
    tx: &mut Tx<'_>,
    owner: UserId,
    currency: Currency,
    accounts: &mut Accounts,
) -> StoreResult<()> {
    let available = accounts.get(&AccountKey::available(owner));
    if available.is_none_or(|account| account.balance(currency) <= 0) {
        accounts.extend(load(tx, &[AccountKey::debt(owner)])?);
    }
    Ok(())
}

/// Saves transactions, and those of `accounts` that they were posted to. The journal refuses an operation that it holds already.
pub(super) fn save(
    tx: &mut Tx<'_>,
    accounts: Accounts,
    transactions: impl IntoIterator<Item = Recorded>,
) -> StoreResult<()> {
    let mut touched: Vec<AccountKey> = Vec::new();
    for recorded in transactions {
        touched.extend(recorded.entries.iter().map(|line| line.account));
        tx.insert(recorded)?;
    }
    accounts
        .into_values()
        .filter(|account| touched.contains(&account.key))
        .try_for_each(|account| tx.put(account))?;
    hold(tx, &touched)
}

/// Holds the available account of each user whose debt changes, unless it changes itself. A debt and available money exclude each other, and
/// two transactions that found neither must not make one each.
fn hold(tx: &mut Tx<'_>, touched: &[AccountKey]) -> StoreResult<()> {
    let debts = touched.iter().filter(|key| key.bucket == Bucket::Debt);
    for key in debts {
        let available = AccountKey::available(key.owner);
        if !touched.contains(&available) {
            tx.hold::<Account>(&available)?;
        }
    }
    Ok(())
}

impl From<LedgerError> for StoreError {
    /// Refusals are decided before. What the ledger itself does not accept is a defect or a damaged row.
    fn from(error: LedgerError) -> Self {
        Self::Corrupt(error.to_string())
    }
}
