//! The audit of a SQLite file.

use kernel::OrderId;
use rusqlite::Connection;
use store::{Row as _, StoreResult};
use store_sqlite::{fields, walk};

use super::{Auditor, StateRow, StockAudit, Sums};
use crate::domain::{Reservation, ReservationState};

/// Adds up products, entries and lines by product.
const SUMS: &str = "
    SELECT id, sum(known) AS known, sum(available) AS available, sum(entries) AS entries, sum(booked) AS booked,
           sum(lines) AS lines, sum(held) AS held, sum(sold) AS sold, sum(empty) AS empty
    FROM (
        SELECT p.id AS id, 1 AS known, s.available AS available, 0 AS entries, 0 AS booked,
               0 AS lines, 0 AS held, 0 AS sold, 0 AS empty
        FROM products p LEFT JOIN stock s USING (id)
        UNION ALL SELECT product, 0, NULL, 1, delta, 0, 0, 0, 0 FROM stock_entries
        UNION ALL SELECT unhex(l.value ->> 'product', '-'), 0, NULL, 0, 0, l.value IS NOT NULL,
                         iif(r.state = 'held', l.value ->> 'quantity', 0),
                         iif(r.state = 'sold', l.value ->> 'quantity', 0), l.value IS NULL
        FROM reservations r LEFT JOIN json_each(r.lines) l
    )
    GROUP BY id";

/// Audits the product service's file. Only reads, in one statement, which sees one moment of the file.
///
/// # Errors
/// A store error if the rows cannot be read at all.
pub fn audit(connection: &Connection) -> StoreResult<StockAudit> {
    let mut auditor = Auditor::default();
    let mut statement = connection.prepare(SUMS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sums: Sums = fields("an audit", &["id"], row)?;
        auditor.check(&sums);
    }
    Ok(auditor.end())
}

/// The state of every reservation, or only of that of the order asked for, sorted by order id.
pub fn reservation_states(
    connection: &Connection,
    only: Option<OrderId>,
) -> impl Iterator<Item = StoreResult<(OrderId, ReservationState)>> {
    let only = only.as_ref().map(|order| &order.as_bytes()[..]);
    walk(connection, "id, state", Reservation::TABLE, only, |row| {
        let StateRow { order, state } = fields("an audit", &["id"], row)?;
        Ok((order, state))
    })
}
