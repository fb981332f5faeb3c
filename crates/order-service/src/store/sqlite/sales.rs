//! Sales in SQLite: walks of the table `sales`, which is its own index of each seller's.

use kernel::{OrderId, Timestamp, UserId};
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::{SqliteRecord as _, corrupt, id};

use crate::domain::{FulfilmentStatus, Order};
use crate::store::{SaleMoney, SalePlace, SalesDay, SalesQuery, Span, Summary};

/// The sales in one status, the newest payment first.
pub(super) const LIST_SQL: &str = "SELECT paid_at, order_id FROM sales
     WHERE seller = ?1 AND status = ?2 AND paid_at >= ?3 AND (paid_at, order_id) < (?4, ?5)
     ORDER BY paid_at DESC, order_id DESC LIMIT ?6";

/// The sales in one status with their money.
pub(super) const MONEY_SQL: &str =
    "SELECT paid_at, order_id, status, currency, sold, refunded, fees FROM sales
     WHERE seller = ?1 AND status = ?2 AND paid_at BETWEEN ?3 AND ?4 LIMIT ?5";

/// The sales of all sellers with their money, order by order.
pub(super) const MONEY_OF_ALL_SQL: &str = "SELECT paid_at, order_id, status, currency, sold, refunded, fees
     FROM sales INDEXED BY sales_by_day WHERE paid_at BETWEEN ?1 AND ?2 ORDER BY paid_at, order_id LIMIT ?3";

/// See [`OrderQueries::sales`](crate::store::OrderQueries::sales).
pub(super) fn list(
    db: &Connection,
    query: &SalesQuery,
    after: Option<SalePlace>,
    most: i64,
) -> StoreResult<Vec<Order>> {
    let (from, to) = query.span.bounds();
    // What is paid at the last moment of the span comes first, whatever its id.
    let (before, order) = match after {
        Some(place) if place.paid_at.as_millis() <= to => {
            (place.paid_at.as_millis(), *place.order.as_bytes())
        }
        Some(_) | None => (to, [0xff; 16]),
    };
    let mut places = Vec::new();
    for status in query.statuses() {
        let mut statement = db.prepare_cached(LIST_SQL)?;
        let values = (
            query.seller.as_bytes(),
            status.as_str(),
            from,
            before,
            order,
            most,
        );
        let found = statement.query_map(values, |row| {
            Ok(SalePlace {
                paid_at: Timestamp::from_millis(row.get(0)?),
                order: id(row, 1)?,
            })
        })?;
        for place in found {
            places.push(place?);
        }
    }
    places.sort_unstable_by(|one, other| other.cmp(one));
    places.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let order = |place: SalePlace| loaded(db, place.order);
    places.into_iter().map(order).collect()
}

fn loaded(db: &Connection, order: OrderId) -> StoreResult<Order> {
    let lost = || corrupt(format!("order {order} has a sale and no row"));
    Order::load(db, &order)?.ok_or_else(lost)
}

/// See [`OrderQueries::sold`](crate::store::OrderQueries::sold).
pub(super) fn sold(
    db: &Connection,
    seller: Option<UserId>,
    span: Span,
) -> StoreResult<Option<Vec<SalesDay>>> {
    let (from, to) = span.bounds();
    let mut sums = Sums {
        summary: Summary::default(),
        left: Summary::MOST,
    };
    let Some(seller) = seller else {
        let mut statement = db.prepare_cached(MONEY_OF_ALL_SQL)?;
        let is_whole = sums.add(statement.query((from, to, sums.limit()))?)?;
        return Ok(is_whole.then(|| sums.summary.days()).flatten());
    };
    for status in FulfilmentStatus::ALL {
        let mut statement = db.prepare_cached(MONEY_SQL)?;
        let values = (seller.as_bytes(), status.as_str(), from, to, sums.limit());
        if !sums.add(statement.query(values)?)? {
            return Ok(None);
        }
    }
    Ok(sums.summary.days())
}

/// Sums of at most as many sales as may be summed at once.
struct Sums {
    summary: Summary,
    left: usize,
}

impl Sums {
    /// One more than are left.
    fn limit(&self) -> i64 {
        let left = i64::try_from(self.left).unwrap_or(i64::MAX);
        left.saturating_add(1)
    }

    /// Adds sales. Whether these were all.
    fn add(&mut self, mut rows: rusqlite::Rows<'_>) -> StoreResult<bool> {
        while let Some(row) = rows.next()? {
            let Some(rest) = self.left.checked_sub(1) else {
                return Ok(false);
            };
            self.left = rest;
            let (status, currency): (String, String) = (row.get(2)?, row.get(3)?);
            let no_status = || corrupt(format!("{status} is no status of a sale"));
            let no_currency = |_| corrupt(format!("{currency} is no currency of a sale"));
            let place = SalePlace {
                paid_at: Timestamp::from_millis(row.get(0)?),
                order: id(row, 1)?,
            };
            let money = SaleMoney {
                currency: currency.parse().map_err(no_currency)?,
                sold: row.get(4)?,
                refunded: row.get(5)?,
                fees: row.get(6)?,
            };
            let status = FulfilmentStatus::of(&status).ok_or_else(no_status)?;
            self.summary.add(place, status, &money);
        }
        Ok(true)
    }
}
