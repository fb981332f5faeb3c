//! Users' accounts: one row for each currency that an account holds.

use kernel::{Timestamp, UserId};
use rusqlite::Connection;
use store::{Record, StoreError, StoreResult};
use store_sqlite::SqliteRecord;

use crate::domain::{Account, AccountKey, Line};
use crate::store::Holding;
use crate::store::codec::{bucket, bucket_code, corrupt, currency};

impl SqliteRecord for Account {
    fn load(db: &Connection, key: &AccountKey) -> StoreResult<Option<Self>> {
        let mut statement = db.prepare_cached(
            "SELECT currency, balance, sequence, last_at FROM balances WHERE owner = ?1 AND bucket = ?2",
        )?;
        let mut rows = statement.query((key.owner.as_bytes(), bucket_code(key.bucket)))?;
        let mut account = Self::empty(*key);
        while let Some(row) = rows.next()? {
            let line = Line {
                currency: currency(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
                balance: row.get(1)?,
                sequence: row.get(2)?,
            };
            // The account's last posting is the last one of some currency.
            account.last_sequence = account.last_sequence.max(line.sequence);
            let last_at = Timestamp::from_millis(row.get(3)?);
            account.last_at = account.last_at.max(Some(last_at));
            account.lines.push(line);
        }
        Ok((!account.lines.is_empty()).then_some(account))
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        self.update(&Self::empty(self.key), db)
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        let (owner, bucket) = (self.key.owner.as_bytes(), bucket_code(self.key.bucket));
        let at = self.last_at.map(Timestamp::as_millis);
        for line in &self.lines {
            let known = before
                .lines
                .iter()
                .find(|known| known.currency == line.currency);
            if known == Some(line) {
                continue;
            }
            let (
                code,
                Line {
                    balance, sequence, ..
                },
            ) = (line.currency.as_str(), line);
            let written = match known {
                Some(known) => db
                    .prepare_cached(
                        "UPDATE balances SET balance = ?4, sequence = ?5, last_at = ?6
                         WHERE owner = ?1 AND bucket = ?2 AND currency = ?3 AND sequence = ?7",
                    )?
                    .execute((owner, bucket, code, balance, sequence, at, known.sequence))?,
                None => db
                    .prepare_cached(
                        "INSERT INTO balances (owner, bucket, currency, balance, sequence, last_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute((owner, bucket, code, balance, sequence, at))?,
            };
            if written != 1 {
                let owner = self.key.owner;
                return Err(StoreError::Conflict(format!("the balance of {owner}")));
            }
        }
        Ok(())
    }

    fn delete(&self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("{} is never deleted", Self::NAME)))
    }
}

/// What `owner` has, by currency.
pub(super) fn holdings(db: &Connection, owner: UserId) -> StoreResult<Vec<Holding>> {
    let mut statement =
        db.prepare_cached("SELECT bucket, currency, balance FROM balances WHERE owner = ?1")?;
    let mut rows = statement.query([owner.as_bytes()])?;
    let mut balances = Vec::new();
    while let Some(row) = rows.next()? {
        let code: String = row.get(1)?;
        balances.push((bucket(row.get(0)?)?, currency(&code)?, row.get(2)?));
    }
    Ok(Holding::of(balances))
}
