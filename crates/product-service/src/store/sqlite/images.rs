//! The images of several products, and the blobs that images have.

use std::collections::HashSet;

use kernel::{BlobName, ProductId};
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::read;

use crate::domain::ProductImages;

pub(super) fn of(tx: &Connection, products: &[ProductId]) -> StoreResult<Vec<ProductImages>> {
    let mut statement = tx.prepare_cached("SELECT * FROM product_images WHERE id = ?1")?;
    let mut found = Vec::new();
    for product in products {
        let mut rows = statement.query([product.as_bytes()])?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

pub(super) fn named(tx: &Connection, names: Vec<BlobName>) -> StoreResult<HashSet<BlobName>> {
    let mut statement = tx.prepare_cached("SELECT 1 FROM image_files WHERE blob = ?1 LIMIT 1")?;
    let mut found = HashSet::new();
    for name in names {
        if statement.exists([name.as_str()])? {
            found.insert(name);
        }
    }
    Ok(found)
}
