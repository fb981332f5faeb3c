//! Reading statements. A page is a walk over neighbouring rows of one index, however long the statement is.

use kernel::{Limit, Timestamp, UserId};
use rusqlite::{Connection, Row};
use store::StoreResult;
use store_sqlite::id;

use super::journal::optional_id;
use crate::domain::{Entry, StatementFilter};
use crate::store::codec::{kind, kind_code, money, reference};

/// A page, and one row more.
pub(super) fn page(
    db: &Connection,
    owner: UserId,
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
    let of_kind = if filter.kind.is_some() {
        "kind = ?6"
    } else {
        "?6 IS NULL"
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT journal_id, kind, amount, currency, balance_after, sequence, order_id, reference, created_at FROM postings
         WHERE owner = ?1 AND bucket = 0 AND created_at >= ?2 AND (created_at, sequence) < (?3, ?4) AND {of_kind}
         ORDER BY created_at DESC, sequence DESC LIMIT ?5"
    ))?;
    let mut rows = statement.query((
        owner.as_bytes(),
        from,
        before.0,
        before.1,
        limit.and_one(),
        filter.kind.map(kind_code),
    ))?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(entry(row)?);
    }
    Ok(page)
}

fn entry(row: &Row<'_>) -> StoreResult<Entry> {
    Ok(Entry {
        id: id(row, 0)?,
        kind: kind(row.get(1)?)?,
        money: money(row.get(2)?, &row.get::<_, String>(3)?)?,
        balance_after: row.get(4)?,
        sequence: row.get(5)?,
        order: optional_id(row, 6)?,
        reference: reference(row.get::<_, Option<String>>(7)?.as_deref())?,
        at: Timestamp::from_millis(row.get(8)?),
    })
}
