//! Loads the accounts that a decision is made on, and saves the transaction that it made.

use store::{StoreError, StoreResult, Tx};

use crate::domain::{Account, AccountKey, Accounts, LedgerError, Recorded};

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

/// Saves a transaction, and those of `accounts` that it was posted to. The journal refuses an operation that it holds already.
pub(super) fn save(tx: &mut Tx<'_>, accounts: Accounts, recorded: Recorded) -> StoreResult<()> {
    let lines = &recorded.entries;
    accounts
        .into_values()
        .filter(|account| lines.iter().any(|line| line.account == account.key))
        .try_for_each(|account| tx.put(account))?;
    tx.insert(recorded)
}

impl From<LedgerError> for StoreError {
    /// Refusals are decided before. What the ledger itself does not accept is a defect or a damaged row.
    fn from(error: LedgerError) -> Self {
        Self::Corrupt(error.to_string())
    }
}
