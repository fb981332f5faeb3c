//! Loading users' accounts and writing recorded transactions.

use kernel::{Currency, Timestamp};
use rusqlite::Connection;
use store::{StoreError, StoreResult};

use crate::domain::{Account, AccountKey, Accounts, Line, Recorded};
use crate::store::codec::{bucket_code, kind_code, system_code};

/// The accounts `keys`, each with what it holds of the currency beside it; empty where nothing was ever posted.
pub(super) fn load(tx: &Connection, keys: &[(AccountKey, Currency)]) -> StoreResult<Accounts> {
    keys.iter()
        .map(|(key, currency)| load_one(tx, *key, *currency))
        .collect::<StoreResult<Vec<Account>>>()
        .map(Accounts::from_iter)
}

/// Two seeks, however many currencies the account has: time and number of a posting never fall within it, so those of its last
/// one are at the end of its statement.
fn load_one(tx: &Connection, key: AccountKey, currency: Currency) -> StoreResult<Account> {
    let mut statement = tx.prepare_cached(
        "SELECT p.created_at, p.sequence, b.balance, b.sequence
         FROM (SELECT created_at, sequence FROM postings WHERE owner = ?1 AND bucket = ?2
               ORDER BY created_at DESC, sequence DESC LIMIT 1) p
         LEFT JOIN balances b ON b.owner = ?1 AND b.bucket = ?2 AND b.currency = ?3",
    )?;
    let mut rows = statement.query((
        key.owner.as_bytes(),
        bucket_code(key.bucket),
        currency.as_str(),
    ))?;
    let mut account = Account::empty(key);
    if let Some(row) = rows.next()? {
        account.last_at = Some(Timestamp::from_millis(row.get(0)?));
        account.last_sequence = row.get(1)?;
        let held: (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
        if let (Some(balance), Some(sequence)) = held {
            account.lines.push(Line {
                currency,
                balance,
                sequence,
            });
        }
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
