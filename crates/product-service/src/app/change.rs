//! Changes of a product that its seller makes: load, decide, save.

use std::sync::Arc;

use kernel::Timestamp;
use store::idempotency::{Answered, Repeatable};
use store::{StoreResult, Tx};

use super::App;
use super::save::{By, save};
use crate::domain::{Change, Product, ProductRefusal};
use crate::records::SearchWords;

/// What becomes of a product.
pub(super) type Decision<T> = fn(Product, &Change<T>, Timestamp) -> Result<Product, ProductRefusal>;

/// Makes `change` as `decide` says. Returns the product as it is then.
pub(super) async fn change_product<T: Send + 'static>(
    app: &App,
    change: Change<T>,
    decide: Decision<T>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    let (now, by) = (app.clock.now(), By::seller(change.editor));
    app.store
        .write(move |tx| apply(tx, &change, decide, &by, now))
        .await
}

/// Makes `change`; with `once`, at most once for its key. A refusal is not stored: the key is free again.
pub(super) async fn change_product_once<T: Send + 'static>(
    app: &App,
    change: Change<T>,
    decide: Decision<T>,
    by: By,
    once: Option<Repeatable<Product>>,
) -> StoreResult<Result<Answered<Product>, ProductRefusal>> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            if let Some(Repeatable { key, .. }) = &once
                && let Some(earlier) = tx.earlier(key, now)?
            {
                return Ok(Ok(Answered::Before(earlier)));
            }
            let product = match apply(tx, &change, decide, &by, now)? {
                Ok(product) => product,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(Repeatable { key, render }) = &once {
                tx.answer(key, product.id.as_uuid(), render(&product)?, now)?;
            }
            Ok(Ok(Answered::First(product)))
        })
        .await
}

pub(super) fn apply<T>(
    tx: &mut Tx<'_>,
    change: &Change<T>,
    decide: impl Fn(Product, &Change<T>, Timestamp) -> Result<Product, ProductRefusal>,
    by: &By,
    now: Timestamp,
) -> StoreResult<Result<Product, ProductRefusal>> {
    tx.want::<SearchWords>([change.product])?;
    let Some(found) = tx.get::<Product>(&change.product)? else {
        return Ok(Err(ProductRefusal::NotFound));
    };
    let after = match decide(Arc::unwrap_or_clone(found.clone()), change, now) {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let saved = save(tx, Some(&found), &after, by)?;
    Ok(saved.map(|()| after))
}
