//! The audit of a SQLite file.

use kernel::{OrderId, ProductId};
use rusqlite::{Connection, params_from_iter};
use store::StoreResult;
use store_sqlite::id;

use super::{StockAudit, Sums};
use crate::domain::ReservationState;
use crate::store::state;

/// The sums of each product. Entries and lines are each grouped once.
const SUMS: &str = "
    SELECT p.id, s.available, coalesce(b.booked, 0), coalesce(r.held, 0), coalesce(r.sold, 0)
    FROM products p
    LEFT JOIN stock s ON s.product = p.seq
    LEFT JOIN (SELECT product, sum(delta) AS booked FROM stock_entries GROUP BY product) b ON b.product = p.id
    LEFT JOIN (SELECT unhex(l.value ->> 'product', '-') AS product,
                      sum(CASE r.state WHEN 'held' THEN l.value ->> 'quantity' ELSE 0 END) AS held,
                      sum(CASE r.state WHEN 'sold' THEN l.value ->> 'quantity' ELSE 0 END) AS sold
               FROM reservations r, json_each(r.lines) l GROUP BY 1) r ON r.product = p.id
    ORDER BY p.seq";

/// Rows without the row that they refer to.
const ORPHANS: [(&str, &str); 3] = [
    (
        "reservation lines without a product",
        "SELECT count(*) FROM reservations r, json_each(r.lines) l
         WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id = unhex(l.value ->> 'product', '-'))",
    ),
    (
        "reservations without lines",
        "SELECT count(*) FROM reservations WHERE json_array_length(lines) = 0",
    ),
    (
        "stock book entries without a product",
        "SELECT count(*) FROM stock_entries e
         WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id = e.product)",
    ),
];

/// Audits the product service's file. Only reads. Run it in one transaction, or on a file that nothing writes.
///
/// # Errors
/// A store error if the rows cannot be read at all.
pub fn audit(connection: &Connection) -> StoreResult<StockAudit> {
    let mut audit = StockAudit::default();
    let mut statement = connection.prepare(SUMS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let product: ProductId = id(row, 0)?;
        let Some(available) = row.get(1)? else {
            let finding = format!("product {product} has no stock row");
            audit.violations.push(finding);
            continue;
        };
        audit.check(&Sums {
            product,
            available,
            booked: row.get(2)?,
            held: row.get(3)?,
            sold: row.get(4)?,
        });
    }
    for (what, sql) in ORPHANS {
        let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        audit.note(count, what);
    }
    Ok(audit)
}

/// Calls `each` for every reservation, or only for that of `order`, sorted by order id.
///
/// # Errors
/// A store error.
pub fn reservation_states(
    connection: &Connection,
    order: Option<OrderId>,
    mut each: impl FnMut(OrderId, ReservationState),
) -> StoreResult<()> {
    let all = "SELECT order_id, state FROM reservations";
    let mut statement = connection.prepare(&match order {
        None => format!("{all} ORDER BY order_id"),
        Some(_) => format!("{all} WHERE order_id = ?1"),
    })?;
    let mut rows = statement.query(params_from_iter(order.map(|order| *order.as_bytes())))?;
    while let Some(row) = rows.next()? {
        let word: String = row.get(1)?;
        each(id(row, 0)?, state(&word)?);
    }
    Ok(())
}
