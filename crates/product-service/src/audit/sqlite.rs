//! The audit of a SQLite file.

use kernel::OrderId;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use store::StoreResult;
use store_sqlite::fields;

use super::{Auditor, StateRow, StockAudit, Sums, ids};
use crate::domain::ReservationState;

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
    each(connection, SUMS, [], |sums: Sums| auditor.check(&sums))?;
    Ok(auditor.end())
}

/// Calls `each` for every reservation, or only for that of `order`, sorted by order id.
///
/// # Errors
/// A store error.
pub fn reservation_states(
    connection: &Connection,
    order: Option<OrderId>,
    mut found: impl FnMut(OrderId, ReservationState),
) -> StoreResult<()> {
    let sql = "SELECT id, state FROM reservations WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    let [first, last] = ids(order).map(|id| *id.as_bytes());
    each(connection, sql, [first, last], |row: StateRow| {
        found(row.order, row.state);
    })
}

/// Calls `each` for every row of `sql`.
fn each<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    mut each: impl FnMut(T),
) -> StoreResult<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        each(fields("an audit", &["id"], row)?);
    }
    Ok(())
}
