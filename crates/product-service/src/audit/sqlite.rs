//! The audit of a SQLite file.

use kernel::{BlobName, OrderId};
use rusqlite::Connection;
use store::{Row as _, StoreError, StoreResult};
use store_sqlite::{fields, walk};

use super::{AuditedReservation, Auditor, ReservationRow, StockAudit, Sums};
use crate::domain::Reservation;

/// Adds up variants, entries, lines and returns by variant. The default variant has the product's id.
const SUMS: &str = "
    SELECT product, variant, sum(known) AS known, sum(available) AS available, sum(entries) AS entries, sum(booked) AS booked,
           sum(lines) AS lines, sum(held) AS held, sum(sold) AS sold, sum(empty) AS empty,
           sum(restocked) AS restocked, sum(written_off) AS written_off, sum(exceeded) AS exceeded,
           sum(restocked_by_returns) AS restocked_by_returns, sum(written_off_by_returns) AS written_off_by_returns
    FROM (
        SELECT p.id AS product, p.id AS variant, 1 AS known, s.available AS available, 0 AS entries, 0 AS booked,
               0 AS lines, 0 AS held, 0 AS sold, 0 AS empty,
               0 AS restocked, 0 AS written_off, 0 AS exceeded, 0 AS restocked_by_returns, 0 AS written_off_by_returns
        FROM products p LEFT JOIN stock s USING (id)
        UNION ALL SELECT p.id, unhex(v.value ->> 'id', '-'), 1, s.variant_stock ->> v.key, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        FROM products p JOIN json_each(p.variants) v LEFT JOIN stock s ON s.id = p.id
        UNION ALL SELECT product, variant, 0, NULL, 1, delta, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM stock_entries
        UNION ALL SELECT unhex(l.value ->> 'product', '-'),
                         unhex(coalesce(l.value ->> 'variant', l.value ->> 'product'), '-'), 0, NULL, 0, 0, l.value IS NOT NULL,
                         iif(r.state = 'held', l.value ->> 'quantity', 0),
                         iif(r.state = 'sold', l.value ->> 'quantity', 0), l.value IS NULL, 0, 0, 0, 0, 0
        FROM reservations r LEFT JOIN json_each(r.lines) l
        UNION ALL SELECT unhex(b.value ->> 'product', '-'),
                         unhex(coalesce(b.value ->> 'variant', b.value ->> 'product'), '-'), 0, NULL, 0, 0, 0, 0, 0, 0,
                         b.value ->> 'restocked', b.value ->> 'written_off',
                         NOT (r.state = 'sold' AND b.value ->> 'restocked' >= 0 AND b.value ->> 'written_off' >= 0
                              AND (b.value ->> 'restocked') + (b.value ->> 'written_off') <= (
                                  SELECT coalesce(sum(l.value ->> 'quantity'), 0) FROM json_each(r.lines) l
                                  WHERE l.value ->> 'product' = b.value ->> 'product'
                                    AND l.value ->> 'variant' IS b.value ->> 'variant')),
                         0, 0
        FROM reservations r, json_each(r.returned) b
        UNION ALL SELECT unhex(b.value ->> 'product', '-'),
                         unhex(coalesce(b.value ->> 'variant', b.value ->> 'product'), '-'), 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                         b.value ->> 'restocked', b.value ->> 'written_off'
        FROM stock_returns s, json_each(s.lines) b
    )
    GROUP BY product, variant";

/// Audits the product service's file. Only reads, in one statement, which sees one moment of the file.
///
/// # Errors
/// A store error if the rows cannot be read at all.
pub fn audit(connection: &Connection) -> StoreResult<StockAudit> {
    let mut auditor = Auditor::default();
    let mut statement = connection.prepare(SUMS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sums: Sums = fields("an audit", &["product", "variant"], row)?;
        auditor.check(&sums);
    }
    Ok(auditor.end())
}

/// Every reservation, or only that of the order asked for, sorted by order id.
pub fn audited_reservations(
    connection: &Connection,
    only: Option<OrderId>,
) -> impl Iterator<Item = StoreResult<AuditedReservation>> {
    let only = only.as_ref().map(|order| &order.as_bytes()[..]);
    let columns = "id, state, lines, returned";
    walk(connection, columns, Reservation::TABLE, only, |row| {
        fields::<ReservationRow>("an audit", &["id"], row).map(Into::into)
    })
}

/// The blobs that the images of the products in this file have, in the order of their names.
///
/// # Errors
/// A store error.
pub fn named_blobs(file: &Connection) -> StoreResult<Vec<BlobName>> {
    let mut statement = file.prepare("SELECT DISTINCT blob FROM image_files ORDER BY blob")?;
    let mut rows = statement.query(())?;
    let mut named = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let name = name.parse();
        named
            .push(name.map_err(|invalid| StoreError::Corrupt(format!("a blob's name {invalid}")))?);
    }
    Ok(named)
}
