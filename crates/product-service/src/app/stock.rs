//! Changes of stock, and the book that they are entered in.

use kernel::{ProductId, Timestamp};
use store::{StoreError, StoreResult, Tx};

use crate::domain::{Product, Reservation, ReservationState};
use crate::records::StockEntry;

/// Enters in the stock book what the seller put in or, negative, took out with this version of `product`.
pub(super) fn book(tx: &mut Tx<'_>, product: &Product, delta: i64) -> StoreResult<()> {
    if delta == 0 {
        return Ok(());
    }
    tx.insert(StockEntry {
        product: product.id,
        version: product.version,
        delta,
        at: product.updated_at,
    })
}

/// Adds to a product's stock or, negative, takes from it.
pub(super) fn change_stock(
    tx: &mut Tx<'_>,
    product: ProductId,
    delta: i64,
    now: Timestamp,
) -> StoreResult<()> {
    let changed = tx
        .get::<Product>(&product)?
        .and_then(|product| product.with_stock_changed(delta, now))
        .ok_or_else(|| {
            let what = format!("product {product} cannot have its stock changed by {delta}");
            StoreError::Corrupt(what)
        })?;
    tx.put(changed)
}

/// Ends a held reservation as `state` and returns its stock, also that of products that were removed meanwhile.
pub(super) fn put_back(
    tx: &mut Tx<'_>,
    held: &Reservation,
    state: ReservationState,
    now: Timestamp,
) -> StoreResult<()> {
    tx.want::<Product>(held.lines.iter().map(|line| line.product))?;
    for line in &held.lines {
        change_stock(tx, line.product, line.quantity.into(), now)?;
    }
    tx.put(held.ended(state))
}
