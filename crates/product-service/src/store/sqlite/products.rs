//! Products: adding, changing, removing and finding one.

use kernel::{ProductId, Timestamp};
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::corrupt;

use super::rows::{columns, product};
use crate::domain::{Product, ProductEdit, ProductRefusal, Removed};
use crate::store::{Change, ChangeError};

/// The product `id` and its number.
pub(super) fn find(tx: &Connection, id: ProductId) -> StoreResult<Option<(i64, Product)>> {
    let mut statement = tx.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        " FROM products p JOIN stock s ON s.product = p.seq WHERE p.id = ?1"
    ))?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(product).transpose()
}

fn find_for_change(tx: &Connection, id: ProductId) -> Result<(i64, Product), ChangeError> {
    find(tx, id)?.ok_or(ChangeError::Refused(ProductRefusal::NotFound))
}

pub(super) fn insert(tx: &Connection, product: &Product) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO products (id, seller, price, currency, status, created_at, category, name, description)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        product.id.as_bytes(),
        product.seller.as_bytes(),
        product.price.amount,
        product.price.currency.as_str(),
        product.status.as_str(),
        product.created_at.as_millis(),
        product.category.as_str(),
        product.name.as_str(),
        product.description.as_str(),
    ))?;
    let seq = tx.last_insert_rowid();
    tx.prepare_cached(
        "INSERT INTO stock (product, available, version, updated_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((
        seq,
        product.stock.get(),
        product.version,
        product.updated_at.as_millis(),
    ))?;
    book(tx, seq, product, product.stock.get())
}

pub(super) fn update(
    tx: &Connection,
    change: Change<ProductEdit>,
    now: Timestamp,
) -> Result<Product, ChangeError> {
    let (seq, product) = find_for_change(tx, change.product)?;
    let edited = product
        .edit(change.editor, &change.guard, change.to, now)
        .map_err(ChangeError::Refused)?;
    let product = &edited.product;
    if edited.described_anew {
        tx.prepare_cached(
            "UPDATE products SET price = ?2, currency = ?3, category = ?4, name = ?5, description = ?6 WHERE seq = ?1",
        )?
        .execute((
            seq,
            product.price.amount,
            product.price.currency.as_str(),
            product.category.as_str(),
            product.name.as_str(),
            product.description.as_str(),
        ))?;
    }
    if edited.is_change() {
        write_stock(tx, seq, product)?;
        book(tx, seq, product, edited.stock_delta)?;
    }
    Ok(edited.product)
}

pub(super) fn remove(
    tx: &Connection,
    change: &Change<()>,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let (seq, product) = find_for_change(tx, change.product)?;
    let removed = product
        .remove(change.editor, &change.guard, now)
        .map_err(ChangeError::Refused)?;
    let product = match removed {
        Removed::Before => return Ok(()),
        Removed::Now(product) => product,
    };
    tx.prepare_cached("UPDATE products SET status = ?2 WHERE seq = ?1")?
        .execute((seq, product.status.as_str()))?;
    Ok(write_stock(tx, seq, &product)?)
}

fn write_stock(tx: &Connection, seq: i64, product: &Product) -> StoreResult<()> {
    let written = tx
        .prepare_cached(
            "UPDATE stock SET available = ?2, version = ?3, updated_at = ?4 WHERE product = ?1",
        )?
        .execute((
            seq,
            product.stock.get(),
            product.version,
            product.updated_at.as_millis(),
        ))?;
    if written == 1 {
        Ok(())
    } else {
        Err(corrupt(format!("product {} has no stock row", product.id)))
    }
}

/// Books what the seller put in or took out with this version of the product.
fn book(tx: &Connection, seq: i64, product: &Product, delta: i64) -> StoreResult<()> {
    if delta != 0 {
        tx.prepare_cached(
            "INSERT INTO stock_entries (product, version, delta, at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((seq, product.version, delta, product.updated_at.as_millis()))?;
    }
    Ok(())
}
