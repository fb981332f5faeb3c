//! The check of the stock book (invariant 6): for each product, available + held + sold = what was put in. It adds up rows that
//! were written independently of each other: the stock, the lines of reservations, the entries of the book.

use kernel::ProductId;
use rusqlite::{Connection, Row};
use store::StoreError;
use store_sqlite::id;

use crate::store::StockAudit;

/// The sums of each product. Those of the book and of the lines are made once each, in the order of products.
const SUMS: &str = "
    SELECT p.id, s.available, coalesce(b.booked, 0), coalesce(r.held, 0), coalesce(r.sold, 0)
    FROM products p
    LEFT JOIN stock s ON s.product = p.seq
    LEFT JOIN (SELECT product, sum(delta) AS booked FROM stock_entries GROUP BY product) b ON b.product = p.seq
    LEFT JOIN (SELECT l.product,
                      sum(CASE r.state WHEN 'held' THEN l.quantity ELSE 0 END) AS held,
                      sum(CASE r.state WHEN 'sold' THEN l.quantity ELSE 0 END) AS sold
               FROM reservation_lines l JOIN reservations r ON r.order_id = l.order_id
               GROUP BY l.product) r ON r.product = p.seq
    ORDER BY p.seq";

/// Things that point to nothing.
const ORPHANS: [(&str, &str); 4] = [
    (
        "reservation lines without a reservation",
        "SELECT count(*) FROM reservation_lines l
         WHERE NOT EXISTS (SELECT 1 FROM reservations r WHERE r.order_id = l.order_id)",
    ),
    (
        "reservation lines without a product",
        "SELECT count(*) FROM reservation_lines l
         WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.seq = l.product)",
    ),
    (
        "reservations without lines",
        "SELECT count(*) FROM reservations r
         WHERE NOT EXISTS (SELECT 1 FROM reservation_lines l WHERE l.order_id = r.order_id)",
    ),
    (
        "stock book entries without a product",
        "SELECT count(*) FROM stock_entries e
         WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.seq = e.product)",
    ),
];

/// Checks the stock book in the product service's file. Reads only; run it in one transaction, or on a file that is at rest.
///
/// # Errors
/// A store error if the rows cannot be read at all.
pub fn audit(connection: &Connection) -> Result<StockAudit, StoreError> {
    let mut audit = StockAudit::default();
    let mut statement = connection.prepare(SUMS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        audit.products = audit.products.saturating_add(1);
        audit.violations.extend(violation(row)?);
    }
    for (what, sql) in ORPHANS {
        let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            audit.violations.push(format!("{count} {what}"));
        }
    }
    Ok(audit)
}

fn violation(row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let product: ProductId = id(row, 0)?;
    let available: Option<i64> = row.get(1)?;
    let (booked, held, sold): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let Some(available) = available else {
        return Ok(Some(format!("product {product} has no stock row")));
    };
    if available < 0 {
        return Ok(Some(format!("product {product}: available is {available}")));
    }
    let there = i128::from(available) + i128::from(held) + i128::from(sold);
    Ok((there != i128::from(booked)).then(|| {
        format!(
            "product {product}: available {available} + held {held} + sold {sold} = {there}, but {booked} were put in"
        )
    }))
}
