//! Changes of stock that orders make.

use contracts::reservations::Article;
use kernel::Timestamp;
use store::{StoreError, StoreResult, Tx};

use crate::domain::{Product, Reservation, ReservationState};

/// Changes an article's stock by `delta`.
pub(super) fn change_stock(
    tx: &mut Tx<'_>,
    article: Article,
    delta: i64,
    now: Timestamp,
) -> StoreResult<()> {
    let changed = tx
        .get::<Product>(&article.product)?
        .and_then(|product| product.with_order(article.variant, delta, now))
        .ok_or_else(|| {
            let what = format!("{article} cannot have its stock changed by {delta}");
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
        change_stock(tx, line.article(), line.quantity.into(), now)?;
    }
    tx.put(held.ended(state))
}
