//! The query for the products that a user has bought.

use kernel::{ProductId, UserId};
use rusqlite::Connection;
use store::StoreResult;

/// Walks the buyer's sales until it finds the product.
pub(super) const SQL: &str = "
    SELECT EXISTS (
        SELECT 1 FROM reservations r INDEXED BY reservations_by_buyer, json_each(r.lines) l
        WHERE r.state = 'sold' AND r.buyer = ?1 AND l.value ->> 'product' = ?2)";

pub(super) fn has(tx: &Connection, buyer: UserId, product: ProductId) -> StoreResult<bool> {
    let mut statement = tx.prepare_cached(SQL)?;
    let values = (buyer.as_bytes(), product.to_string());
    Ok(statement.query_row(values, |row| row.get(0))?)
}
