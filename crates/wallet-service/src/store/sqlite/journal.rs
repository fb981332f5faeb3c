//! Journal transactions. A journal row names its lines in `postings` and in `system_postings`, so that a transaction is found by its
//! operation without an index on those tables, which every payment would have to write.

use kernel::Timestamp;
use rusqlite::{Connection, Row};
use store::StoreResult;
use store_sqlite::{SqliteRecord, id, scan_keys};
use uuid::Uuid;

use crate::domain::{
    AccountKey, Header, OperationId, Recorded, RecordedEntry, Reference, SystemAccount,
};
use crate::store::codec::{
    bucket, bucket_code, corrupt, kind, kind_code, money, reference, system, system_code,
};

impl SqliteRecord for Recorded {
    fn load(db: &Connection, operation: &OperationId) -> StoreResult<Option<Self>> {
        let mut statement = db.prepare_cached(
            "SELECT id, kind, order_id, reference, created_at, lines, system_from, system_to FROM journal
             WHERE operation_id = ?1",
        )?;
        let mut rows = statement.query([operation.as_bytes()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let at = Timestamp::from_millis(row.get(4)?);
        Ok(Some(Self {
            header: Header {
                id: id(row, 0)?,
                kind: kind(row.get(1)?)?,
                operation: *operation,
                order: optional_id(row, 2)?,
                reference: reference(row.get::<_, Option<String>>(3)?.as_deref())?,
            },
            at,
            entries: load_entries(db, at, &row.get::<_, String>(5)?)?,
            system: load_system(db, row.get(6)?, row.get(7)?)?,
        }))
    }

    fn scan(
        db: &Connection,
        visit: &mut dyn FnMut(Self, usize) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let sql = "SELECT operation_id FROM journal ORDER BY operation_id";
        scan_keys(db, sql, |row| Ok(id(row, 0)?), visit)
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        let header = &self.header;
        let reference = header.reference.as_ref().map(Reference::as_str);
        let order = header.order.as_ref().map(kernel::OrderId::as_bytes);
        let at = self.at.as_millis();
        let (mut from, mut to, mut lines) = (None, None, Vec::new());
        for (account, money) in &self.system {
            db.prepare_cached("INSERT INTO system_postings (account, amount, currency, journal_id) VALUES (?1, ?2, ?3, ?4)")?
                .execute((system_code(*account), money.amount, money.currency.as_str(), header.id.as_bytes()))?;
            to = Some(db.last_insert_rowid());
            from = from.or(to);
        }
        for line in &self.entries {
            db.prepare_cached(
                "INSERT INTO postings (owner, bucket, created_at, sequence, amount, currency, balance_after, kind, journal_id,
                                       order_id, reference)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute((
                line.account.owner.as_bytes(),
                bucket_code(line.account.bucket),
                at,
                line.sequence,
                line.money.amount,
                line.money.currency.as_str(),
                line.balance_after,
                kind_code(header.kind),
                header.id.as_bytes(),
                order,
                reference,
            ))?;
            let owner = line.account.owner.as_uuid().simple().to_string();
            lines.push((owner, bucket_code(line.account.bucket), line.sequence));
        }
        db.prepare_cached(
            "INSERT INTO journal (operation_id, id, kind, order_id, reference, created_at, lines, system_from, system_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute((
            header.operation.as_bytes(),
            header.id.as_bytes(),
            kind_code(header.kind),
            order,
            reference,
            at,
            serde_json::to_string(&lines).map_err(|error| corrupt(error.to_string()))?,
            from,
            to,
        ))?;
        Ok(())
    }
}

fn load_entries(db: &Connection, at: Timestamp, lines: &str) -> StoreResult<Vec<RecordedEntry>> {
    // A line that is gone makes a row of nulls, which does not decode.
    let mut statement = db.prepare_cached(
        "SELECT p.owner, p.bucket, p.amount, p.currency, p.balance_after, p.sequence
         FROM json_each(?1) name LEFT JOIN postings p
         ON p.owner = unhex(name.value ->> 0) AND p.bucket = name.value ->> 1
            AND p.created_at = ?2 AND p.sequence = name.value ->> 2",
    )?;
    let mut rows = statement.query((lines, at.as_millis()))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(RecordedEntry {
            account: AccountKey {
                owner: id(row, 0)?,
                bucket: bucket(row.get(1)?)?,
            },
            money: money(row.get(2)?, &row.get::<_, String>(3)?)?,
            balance_after: row.get(4)?,
            sequence: row.get(5)?,
        });
    }
    Ok(entries)
}

fn load_system(
    db: &Connection,
    from: Option<i64>,
    to: Option<i64>,
) -> StoreResult<Vec<(SystemAccount, kernel::Money)>> {
    let mut statement = db.prepare_cached(
        "SELECT account, amount, currency FROM system_postings WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
    )?;
    let mut rows = statement.query((from, to))?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let currency: String = row.get(2)?;
        lines.push((system(row.get(0)?)?, money(row.get(1)?, &currency)?));
    }
    Ok(lines)
}

/// Reads the 16 bytes of an id from column `index`, if there are any.
pub(super) fn optional_id<T: From<Uuid>>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    let bytes: Option<[u8; 16]> = row.get(index)?;
    Ok(bytes.map(|bytes| Uuid::from_bytes(bytes).into()))
}
