//! The query for leases that have run out.

use kernel::Timestamp;
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::fields;

use crate::store::Lease;

pub(super) fn due(
    tx: &Connection,
    now: Timestamp,
    after: Option<Lease>,
    limit: usize,
) -> StoreResult<Vec<Lease>> {
    let until = after.map_or(i64::MIN, |lease| lease.until.as_millis());
    let order = after.map_or([0; 16], |lease| *lease.order.as_bytes());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = tx.prepare_cached(
        "SELECT lease_until, id FROM reservations
         WHERE state = 'held' AND lease_until <= ?1 AND (lease_until, id) > (?2, ?3)
         ORDER BY lease_until, id LIMIT ?4",
    )?;
    let mut rows = statement.query((now.as_millis(), until, order, limit))?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(fields("reservations", &["id"], row)?);
    }
    Ok(due)
}
