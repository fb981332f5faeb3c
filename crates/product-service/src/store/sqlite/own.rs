//! The lists that only sellers see.

use kernel::Page;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use store::{Row as _, StoreResult};
use store_sqlite::{blob, rows};

use super::list::COLUMNS;
use crate::domain::{HistoryQuery, OwnQuery, Product, StockChange};
use crate::records::StockEntry;

/// A walk of the index of the seller's products. The filters are checked row by row.
pub(super) fn products(query: &OwnQuery) -> (String, Vec<Value>) {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM products p INDEXED BY products_of_seller CROSS JOIN stock s ON s.id = p.id WHERE p.seller = ?"
    );
    let mut values = vec![blob(query.seller.as_bytes())];
    if let Some(status) = query.filter.status {
        sql.push_str(" AND p.status = ?");
        values.push(status.as_str().to_owned().into());
    }
    if let Some(most) = query.filter.low_stock {
        sql.push_str(" AND coalesce(s.least, s.available) <= ?");
        values.push(most.into());
    }
    if let Some(last) = query.after {
        sql.push_str(" AND p.seq < (SELECT seq FROM products WHERE id = ?)");
        values.push(blob(last.as_bytes()));
    }
    sql.push_str(" ORDER BY p.seq DESC LIMIT ?");
    values.push(query.limit.and_one().into());
    (sql, values)
}

pub(super) fn page(tx: &Connection, query: &OwnQuery) -> StoreResult<Page<Product>> {
    let (sql, values) = products(query);
    Ok(query.page(rows(tx, &sql, params_from_iter(values))?))
}

/// A walk of the stock book, from the latest entry of the product on.
pub(super) fn entries(query: &HistoryQuery) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT * FROM {} WHERE product = ?", StockEntry::TABLE);
    let mut values = vec![blob(query.product.as_bytes())];
    if let Some((version, variant)) = query.after {
        sql.push_str(" AND (version, variant) < (?, ?)");
        values.extend([version.into(), blob(variant.as_bytes())]);
    }
    if let Some(variant) = query.variant {
        sql.push_str(" AND variant = ?");
        values.push(blob(variant.as_bytes()));
    }
    sql.push_str(" ORDER BY version DESC, variant DESC LIMIT ?");
    values.push(query.limit.and_one().into());
    (sql, values)
}

pub(super) fn history(tx: &Connection, query: &HistoryQuery) -> StoreResult<Page<StockChange>> {
    let (sql, values) = entries(query);
    let found: Vec<StockEntry> = rows(tx, &sql, params_from_iter(values))?;
    Ok(query.page(found.into_iter().map(Into::into).collect()))
}
