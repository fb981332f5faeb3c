//! Loading users' accounts and writing recorded transactions.

use kernel::{Currency, Timestamp};
use store::{StoreError, StoreResult};
use store_mongo::bson::{Binary, Uuid as BsonUuid};
use store_mongo::{Unit, id};

use super::rows::{
    AccountRow, BalanceRow, JournalRow, LineRow, SystemLineRow, UserBody, account_id,
};
use super::slices;
use crate::domain::{
    Account, AccountKey, Accounts, Bucket, Entry, Line, OperationId, Recorded, Reference,
};
use crate::store::codec::{corrupt, currency, kind_code, system_code};

/// Who writes, and when.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// The replica's slice of the system's accounts.
    pub(super) slice: Binary,
    /// By its clock.
    pub(super) now: Timestamp,
}

/// Says that transactions on the accounts `keys` will be decided and written.
pub(super) fn want(
    unit: &mut Unit,
    writer: &Writer,
    keys: impl IntoIterator<Item = AccountKey>,
) -> StoreResult<()> {
    let accounts = keys.into_iter().map(account_id);
    unit.want::<AccountRow>(accounts.chain([writer.slice.clone()]))
}

/// The accounts `keys`; empty where nothing was ever posted.
pub(super) fn load(unit: &mut Unit, keys: &[(AccountKey, Currency)]) -> StoreResult<Accounts> {
    unit.want::<AccountRow>(keys.iter().map(|(key, _)| account_id(*key)))?;
    keys.iter()
        .map(|(key, _)| load_one(unit, *key))
        .collect::<StoreResult<Vec<Account>>>()
        .map(Accounts::from_iter)
}

fn load_one(unit: &mut Unit, key: AccountKey) -> StoreResult<Account> {
    let row = unit.get::<AccountRow>(&account_id(key))?;
    let Some(body) = row.as_ref().map(|row| user(row)).transpose()? else {
        return Ok(Account::empty(key));
    };
    let lines = body.balances.iter().map(|row| {
        Ok(Line {
            currency: currency(&row.currency)?,
            balance: row.balance,
            sequence: row.sequence,
        })
    });
    Ok(Account {
        key,
        lines: lines.collect::<StoreResult<_>>()?,
        last_sequence: body.last_sequence,
        last_at: Some(Timestamp::from_millis(body.last_at)),
    })
}

/// What a user's account holds.
pub(super) fn user(row: &AccountRow) -> StoreResult<&UserBody> {
    row.user
        .as_ref()
        .ok_or_else(|| corrupt("a user's account is none"))
}

/// The `_id` of the operation's transaction.
pub(super) fn operation(operation: OperationId) -> BsonUuid {
    BsonUuid::from_bytes(*operation.as_bytes())
}

/// Writes a transaction: its row in the journal and the accounts that it leaves behind. If the journal holds the operation already,
/// the whole unit is a [`StoreError::Duplicate`].
///
/// # Errors
/// [`StoreError::Conflict`] if a balance is not the one that the transaction was decided on.
pub(super) fn write(unit: &mut Unit, writer: &Writer, recorded: &Recorded) -> StoreResult<()> {
    let header = &recorded.header;
    let (mut line, mut pending) = (None, Vec::new());
    for recorded_entry in &recorded.entries {
        let (account, entry) = (recorded_entry.account, &recorded_entry.entry);
        post(unit, account, entry, recorded_entry.previous)?;
        let row = LineRow {
            owner: id(account.owner),
            amount: entry.money.amount,
            currency: entry.money.currency.as_str().to_owned(),
            balance: entry.balance_after,
            sequence: entry.sequence,
        };
        match account.bucket {
            Bucket::Pending => pending.push(row),
            Bucket::Available if line.is_none() => line = Some(row),
            Bucket::Available => {
                return Err(corrupt(
                    "a transaction with two lines on what users can spend",
                ));
            }
        }
    }
    let system = recorded
        .system
        .iter()
        .map(|(account, money)| SystemLineRow {
            account: system_code(*account),
            amount: money.amount,
            currency: money.currency.as_str().to_owned(),
        });
    let system: Vec<SystemLineRow> = system.collect();
    slices::add(unit, writer, &system)?;
    unit.put(JournalRow {
        operation: operation(header.operation),
        id: id(header.id),
        kind: kind_code(header.kind),
        order: header.order.map(id),
        reference: header
            .reference
            .as_ref()
            .map(Reference::as_str)
            .map(str::to_owned),
        at: recorded.at.as_millis(),
        line,
        pending,
        system,
    })
}

fn post(
    unit: &mut Unit,
    account: AccountKey,
    entry: &Entry,
    previous: Option<i64>,
) -> StoreResult<()> {
    let key = account_id(account);
    let row = unit.get::<AccountRow>(&key)?;
    let body = row.as_ref().map(|row| user(row)).transpose()?;
    let mut body = body.cloned().unwrap_or_default();
    let code = entry.money.currency.as_str();
    let known = body.balances.iter_mut().find(|row| row.currency == code);
    if known.as_ref().map(|row| row.sequence) != previous {
        return Err(StoreError::Conflict(format!(
            "the balance of {}",
            account.owner
        )));
    }
    if let Some(row) = known {
        row.balance = entry.balance_after;
        row.sequence = entry.sequence;
    } else {
        body.balances.push(BalanceRow {
            currency: code.to_owned(),
            balance: entry.balance_after,
            sequence: entry.sequence,
        });
    }
    body.last_sequence = entry.sequence;
    body.last_at = entry.at.as_millis();
    unit.put(AccountRow {
        id: key,
        user: Some(body),
        system: None,
    })
}
