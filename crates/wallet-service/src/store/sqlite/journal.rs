//! Journal transactions. A row of the journal names its lines on users' accounts, which lie in `postings` in the order of statements,
//! and its lines on the system's, which lie side by side in `system_postings`. So a transaction is found by its operation without an
//! index that every payment would have to write.

use kernel::Timestamp;
use rusqlite::{Connection, Row};
use store::{Record, StoreResult};
use store_sqlite::{SqliteRecord, id};
use uuid::Uuid;

use super::statement::{COLUMNS, entry};
use crate::domain::{
    AccountKey, Header, OperationId, Recorded, RecordedEntry, Reference, SystemAccount,
};
use crate::store::codec::{
    bucket, bucket_code, corrupt, kind, kind_code, money, reference, system, system_code,
};

/// Bytes that name a line: the owner's 16, the bucket's code, the posting's number.
const LINE: usize = 16 + 1 + 8;

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
        let (lines, rest) = row
            .get_ref(5)?
            .as_blob()
            .map_err(rusqlite::Error::from)?
            .as_chunks();
        if !rest.is_empty() {
            return Err(corrupt("a journal row names half a line"));
        }
        Ok(Some(Self {
            header: Header {
                id: id(row, 0)?,
                kind: kind(row.get(1)?)?,
                operation: *operation,
                order: optional_id(row, 2)?,
                reference: reference(row.get::<_, Option<String>>(3)?.as_deref())?,
            },
            at,
            entries: lines
                .iter()
                .map(|name| load_entry(db, at, name))
                .collect::<StoreResult<_>>()?,
            system: load_system(db, row.get(6)?, row.get(7)?)?,
        }))
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
        for RecordedEntry { account, entry } in &self.entries {
            db.prepare_cached(
                "INSERT INTO postings (owner, bucket, created_at, sequence, amount, currency, balance_after, kind, journal_id,
                                       order_id, reference)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute((
                account.owner.as_bytes(),
                bucket_code(account.bucket),
                at,
                entry.sequence,
                entry.money.amount,
                entry.money.currency.as_str(),
                entry.balance_after,
                kind_code(entry.kind),
                header.id.as_bytes(),
                order,
                reference,
            ))?;
            lines.extend(line_name(*account, entry.sequence));
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
            lines,
            from,
            to,
        ))?;
        Ok(())
    }

    fn update(&self, _before: &Self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("a {} never changes", Self::NAME)))
    }

    fn delete(&self, _db: &Connection) -> StoreResult<()> {
        Err(corrupt(format!("a {} is never deleted", Self::NAME)))
    }
}

fn line_name(account: AccountKey, sequence: i64) -> impl Iterator<Item = u8> {
    let [bucket, ..] = bucket_code(account.bucket).to_le_bytes();
    let owner = account.owner.as_uuid().into_bytes().into_iter();
    owner.chain([bucket]).chain(sequence.to_be_bytes())
}

fn load_entry(db: &Connection, at: Timestamp, name: &[u8; LINE]) -> StoreResult<RecordedEntry> {
    let cut = || corrupt("a journal row names no line");
    let (owner, rest) = name.split_first_chunk::<16>().ok_or_else(cut)?;
    let (code, sequence) = rest.split_first().ok_or_else(cut)?;
    let sequence = i64::from_be_bytes(sequence.try_into().map_err(|_| cut())?);
    let account = AccountKey {
        owner: Uuid::from_bytes(*owner).into(),
        bucket: bucket(i32::from(*code))?,
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM postings WHERE owner = ?1 AND bucket = ?2 AND created_at = ?3 AND sequence = ?4"
    ))?;
    let mut rows = statement.query((owner, code, at.as_millis(), sequence))?;
    let row = rows
        .next()?
        .ok_or_else(|| corrupt("a line that a journal row names is gone"))?;
    Ok(RecordedEntry {
        account,
        entry: entry(row)?,
    })
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
