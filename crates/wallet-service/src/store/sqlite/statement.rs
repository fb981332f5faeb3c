//! Reading balances and statements. A page is a walk over neighbouring rows of one index, however long the statement is.

use std::collections::BTreeMap;

use kernel::{Currency, Limit, Timestamp, TransactionId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};
use store::StoreResult;
use store_sqlite::id;

use crate::domain::{Entry, StatementFilter};
use crate::store::Holding;
use crate::store::codec::{currency, kind, kind_code, money, reference};

macro_rules! columns {
    () => {
        "SELECT journal_id, kind, amount, currency, balance_after, sequence, order_id, reference, created_at FROM postings "
    };
}

const PAGE: &str = concat!(
    columns!(),
    "WHERE owner = ?1 AND bucket = 0 AND created_at >= ?2 AND (created_at, sequence) < (?3, ?4)
     ORDER BY created_at DESC, sequence DESC LIMIT ?5"
);

const PAGE_OF_KIND: &str = concat!(
    columns!(),
    "WHERE owner = ?1 AND bucket = 0 AND created_at >= ?2 AND (created_at, sequence) < (?3, ?4) AND kind = ?6
     ORDER BY created_at DESC, sequence DESC LIMIT ?5"
);

const LINE: &str = concat!(
    columns!(),
    "WHERE owner = ?1 AND bucket = 0 AND created_at = ?2 AND journal_id = ?3"
);

/// One row more than a page.
pub(super) fn page(
    tx: &Connection,
    filter: &StatementFilter,
    limit: Limit,
) -> StoreResult<Vec<Entry>> {
    // Sequences start at 1, so (to, 0) is before every posting made at `to`.
    let end = filter
        .to
        .map_or((i64::MAX, i64::MAX), |to| (to.as_millis(), 0));
    let before = filter
        .before
        .map_or(end, |place| end.min((place.at.as_millis(), place.sequence)));
    let from = filter.from.map_or(i64::MIN, Timestamp::as_millis);
    let bounds = (
        filter.owner.as_bytes(),
        from,
        before.0,
        before.1,
        limit.and_one(),
    );
    let (mut statement, mut rows);
    match filter.kind {
        None => {
            statement = tx.prepare_cached(PAGE)?;
            rows = statement.query(bounds)?;
        }
        Some(kind) => {
            statement = tx.prepare_cached(PAGE_OF_KIND)?;
            rows = statement.query((
                bounds.0,
                bounds.1,
                bounds.2,
                bounds.3,
                bounds.4,
                kind_code(kind),
            ))?;
        }
    }
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(entry(row)?);
    }
    Ok(page)
}

/// The line that `journal` made at `at` on what `owner` can spend.
pub(super) fn line(
    tx: &Connection,
    owner: UserId,
    at: i64,
    journal: TransactionId,
) -> StoreResult<Option<Entry>> {
    tx.prepare_cached(LINE)?
        .query_row((owner.as_bytes(), at, journal.as_bytes()), |row| {
            Ok(entry(row))
        })
        .optional()?
        .transpose()
}

fn entry(row: &Row<'_>) -> StoreResult<Entry> {
    Ok(Entry {
        id: id(row, 0)?,
        kind: kind(row.get(1)?)?,
        money: money(row.get(2)?, &row.get::<_, String>(3)?)?,
        balance_after: row.get(4)?,
        sequence: row.get(5)?,
        order: row
            .get::<_, Option<[u8; 16]>>(6)?
            .map(|bytes| uuid::Uuid::from_bytes(bytes).into()),
        reference: reference(row.get::<_, Option<String>>(7)?.as_deref())?,
        at: Timestamp::from_millis(row.get(8)?),
    })
}

/// What `owner` has, by currency.
pub(super) fn holdings(tx: &Connection, owner: UserId) -> StoreResult<Vec<Holding>> {
    let mut statement =
        tx.prepare_cached("SELECT currency, bucket, balance FROM balances WHERE owner = ?1")?;
    let mut rows = statement.query([owner.as_bytes()])?;
    let mut holdings: BTreeMap<Currency, Holding> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let currency = currency(&row.get::<_, String>(0)?)?;
        let holding = holdings.entry(currency).or_insert(Holding {
            currency,
            available: 0,
            pending: 0,
        });
        let balance = row.get(2)?;
        if row.get::<_, i64>(1)? == 0 {
            holding.available = balance;
        } else {
            holding.pending = balance;
        }
    }
    Ok(holdings.into_values().collect())
}
