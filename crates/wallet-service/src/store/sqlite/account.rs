//! Users' accounts: one row for each currency that an account holds.

use kernel::Timestamp;
use rusqlite::{Connection, Row};
use store::{StoreError, StoreResult};
use store_sqlite::{SqliteRecord, id, scan_keys};

use crate::domain::{Account, AccountKey, Line};
use crate::store::codec::{bucket, bucket_code, currency};

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

    fn scan(
        db: &Connection,
        visit: &mut dyn FnMut(Self, usize) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let sql = "SELECT DISTINCT owner, bucket FROM balances ORDER BY owner, bucket";
        let key = |row: &Row<'_>| {
            Ok(AccountKey {
                owner: id(row, 0)?,
                bucket: bucket(row.get(1)?)?,
            })
        };
        scan_keys(db, sql, key, visit)
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
            let (code, balance) = (line.currency.as_str(), line.balance);
            let (sequence, before) = (line.sequence, known.map(|known| known.sequence));
            // A row that changed since it was read is left as it is.
            let written = db
                .prepare_cached(
                    "INSERT INTO balances (owner, bucket, currency, balance, sequence, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET balance = ?4, sequence = ?5, last_at = ?6 WHERE sequence = ?7",
                )?
                .execute((owner, bucket, code, balance, sequence, at, before))?;
            if written != 1 {
                let owner = self.key.owner;
                return Err(StoreError::Conflict(format!("the balance of {owner}")));
            }
        }
        Ok(())
    }
}
