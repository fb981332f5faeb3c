//! Queries about sellers.

use contracts::sellers::SellerStatus;
use kernel::UserId;
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::{corrupt, id};

/// The status has no value for active sellers, so the index holds the others only.
pub(super) const NOT_ACTIVE: &str = "SELECT id, status FROM sellers WHERE status IS NOT NULL";

pub(super) const COUNT: &str = "SELECT count(*) FROM products INDEXED BY products_by_seller WHERE seller = ?1 AND status = 'active'";

pub(super) fn not_active(tx: &Connection) -> StoreResult<Vec<(UserId, SellerStatus)>> {
    let mut statement = tx.prepare_cached(NOT_ACTIVE)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(1)?;
        let status = SellerStatus::of(&word);
        let status = status.ok_or_else(|| corrupt(format!("{word} is no status of a seller")))?;
        found.push((id(row, 0)?, status));
    }
    Ok(found)
}

pub(super) fn count_of(tx: &Connection, seller: UserId) -> StoreResult<i64> {
    let mut statement = tx.prepare_cached(COUNT)?;
    Ok(statement.query_row([seller.as_bytes()], |row| row.get(0))?)
}
