//! Earnings that wait for their time.

use kernel::{OrderId, Timestamp, UserId};
use rusqlite::Connection;
use rusqlite::types::Value;
use store::StoreResult;
use store_sqlite::{Row, blob, id};

use crate::domain::Payout;
use crate::store::DuePayout;
use crate::store::codec::money;

store_sqlite::old_row!(Payout);

impl Row for Payout {
    const TABLE: &'static str = "payouts";
    const COLUMNS: &'static [&'static str] =
        &["order_id", "seller", "amount", "currency", "available_at"];

    fn key_values((order, seller): &(OrderId, UserId)) -> Vec<Value> {
        vec![blob(order.as_bytes()), blob(seller.as_bytes())]
    }

    fn values(&self) -> Vec<Value> {
        vec![
            blob(self.order.as_bytes()),
            blob(self.seller.as_bytes()),
            self.money.amount.into(),
            self.money.currency.as_str().to_owned().into(),
            self.available_at.as_millis().into(),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        Ok(Self {
            order: id(row, 0)?,
            seller: id(row, 1)?,
            money: money(row.get(2)?, &row.get::<_, String>(3)?)?,
            available_at: Timestamp::from_millis(row.get(4)?),
        })
    }
}

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
