//! Changes of stock, and the stock book.

use kernel::{ProductId, Timestamp};
use store::{StoreError, StoreResult, Tx};

use crate::domain::{Product, Reservation, ReservationState};
use crate::records::{EntryId, StockEntry};

/// Enters in the stock book how many the seller added with this version of `product`, or removed if negative.
pub(super) fn book(tx: &mut Tx<'_>, product: &Product, delta: i64) -> StoreResult<()> {
    if delta == 0 {
        return Ok(());
    }
    tx.insert(StockEntry {
        id: EntryId {
            product: product.id,
            version: product.version,
        },
        delta,
        at: product.updated_at,
    })
}

/// Changes a product's stock by `delta`.
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

/// Ends a held reservation as `state` and returns its stock, also to products that were removed meanwhile.
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
