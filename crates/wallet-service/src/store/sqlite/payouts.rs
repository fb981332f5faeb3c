//! Earnings that wait for their time.

use kernel::Timestamp;
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::id;

use crate::store::DuePayout;

/// The payouts that are due after `after`. The index on `available_at` ends with the primary key, so it has their order.
pub(super) fn due(
    db: &Connection,
    now: Timestamp,
    after: Option<DuePayout>,
    limit: usize,
) -> StoreResult<Vec<DuePayout>> {
    let at = after.map_or(i64::MIN, |payout| payout.available_at.as_millis());
    let order = after.map_or([0; 16], |payout| *payout.order.as_bytes());
    let seller = after.map_or([0; 16], |payout| *payout.seller.as_bytes());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = db
        .prepare_cached(
            "SELECT available_at, order_id, seller FROM payouts
             WHERE available_at <= ?1 AND (available_at, order_id, seller) > (?2, ?3, ?4)
             ORDER BY available_at, order_id, seller LIMIT ?5",
        )?
        .query_map((now.as_millis(), at, order, seller, limit), |row| {
            Ok(DuePayout {
                available_at: Timestamp::from_millis(row.get(0)?),
                order: id(row, 1)?,
                seller: id(row, 2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(due)
}
