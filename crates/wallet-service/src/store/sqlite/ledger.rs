//! Loading users' accounts and writing recorded transactions.

use chassis::sqlite::corrupt;
use chassis::store::{StoreError, StoreResult};
use kernel::Timestamp;
use rusqlite::Connection;

use super::codec::{bucket_code, currency, kind_code, system_code};
use crate::domain::{Account, AccountKey, Accounts, Line, Recorded};

/// The accounts `keys`, empty where nothing was ever posted.
pub(super) fn load(tx: &Connection, keys: &[AccountKey]) -> StoreResult<Accounts> {
    keys.iter()
        .map(|key| load_one(tx, *key))
        .collect::<StoreResult<Vec<Account>>>()
        .map(Accounts::from_iter)
}

fn load_one(tx: &Connection, key: AccountKey) -> StoreResult<Account> {
    let mut statement = tx
        .prepare_cached("SELECT currency, balance, sequence, last_at FROM balances WHERE owner = ?1 AND bucket = ?2")?;
    let mut rows = statement.query((key.owner.as_bytes(), bucket_code(key.bucket)))?;
    let mut account = Account::empty(key);
    while let Some(row) = rows.next()? {
        let text = row
            .get_ref(0)?
            .as_str()
            .map_err(|error| corrupt(error.to_string()))?;
        account.lines.push(Line {
            currency: currency(text)?,
            balance: row.get(1)?,
            sequence: row.get(2)?,
        });
        let last_at = Timestamp::from_millis(row.get(3)?);
        account.last_at = account.last_at.max(Some(last_at));
    }
    Ok(account)
}

/// Writes a transaction: its journal row, each line, and the balances it leaves behind.
///
/// # Errors
/// [`StoreError::Duplicate`] if the journal holds the operation already, [`StoreError::Conflict`] if a balance is not the one
/// that the transaction was decided on.
pub(super) fn write(tx: &Connection, recorded: &Recorded) -> StoreResult<()> {
    let header = &recorded.header;
    let reference = header
        .reference
        .as_ref()
        .map(crate::domain::Reference::as_str);
    let order = header.order.as_ref().map(kernel::OrderId::as_bytes);
    let at = recorded.at.as_millis();
    tx.prepare_cached(
        "INSERT INTO journal (id, kind, operation_id, order_id, reference, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((header.id.as_bytes(), kind_code(header.kind), header.operation.as_bytes(), order, reference, at))?;
    for recorded_entry in &recorded.entries {
        let (account, entry) = (recorded_entry.account, &recorded_entry.entry);
        let (owner, bucket) = (account.owner.as_bytes(), bucket_code(account.bucket));
        let currency = entry.money.currency;
        let written = match recorded_entry.previous {
            Some(previous) => tx
                .prepare_cached(
                    "UPDATE balances SET balance = ?4, sequence = ?5, last_at = ?6
                     WHERE owner = ?1 AND bucket = ?2 AND currency = ?3 AND sequence = ?7",
                )?
                .execute((
                    owner,
                    bucket,
                    currency.as_str(),
                    entry.balance_after,
                    entry.sequence,
                    at,
                    previous,
                ))?,
            None => tx
                .prepare_cached(
                    "INSERT INTO balances (owner, bucket, currency, balance, sequence, last_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((
                    owner,
                    bucket,
                    currency.as_str(),
                    entry.balance_after,
                    entry.sequence,
                    at,
                ))?,
        };
        if written != 1 {
            return Err(StoreError::Conflict(format!(
                "the balance of {}",
                account.owner
            )));
        }
        tx.prepare_cached(
            "INSERT INTO postings (owner, bucket, created_at, sequence, amount, currency, balance_after, kind, journal_id,
                                   order_id, reference)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            owner,
            bucket,
            at,
            entry.sequence,
            entry.money.amount,
            currency.as_str(),
            entry.balance_after,
            kind_code(entry.kind),
            header.id.as_bytes(),
            order,
            reference,
        ))?;
    }
    for (account, money) in &recorded.system {
        tx.prepare_cached("INSERT INTO system_postings (account, amount, currency, journal_id) VALUES (?1, ?2, ?3, ?4)")?
            .execute((system_code(*account), money.amount, money.currency.as_str(), header.id.as_bytes()))?;
    }
    Ok(())
}
