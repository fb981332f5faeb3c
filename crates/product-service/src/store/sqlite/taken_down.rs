//! What operators took down.

use kernel::Page;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use store::StoreResult;
use store_sqlite::{blob, rows};

use super::list::COLUMNS;
use crate::domain::{Product, ProductStatus, TakenDownQuery};

/// Walks the index of products that operators took down. All of them have the status removed.
pub(super) fn products(query: &TakenDownQuery) -> (String, Vec<Value>) {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM products p INDEXED BY products_taken_down CROSS JOIN stock s ON s.id = p.id
         WHERE p.moderation IS NOT NULL AND p.status = ?"
    );
    let mut values = vec![ProductStatus::Removed.as_str().to_owned().into()];
    if let Some(last) = query.after {
        sql.push_str(" AND p.seq < (SELECT seq FROM products WHERE id = ?)");
        values.push(blob(last.as_bytes()));
    }
    sql.push_str(" ORDER BY p.seq DESC LIMIT ?");
    values.push(query.limit.and_one().into());
    (sql, values)
}

pub(super) fn page(tx: &Connection, query: &TakenDownQuery) -> StoreResult<Page<Product>> {
    let (sql, values) = products(query);
    Ok(query.page(rows(tx, &sql, params_from_iter(values))?))
}
