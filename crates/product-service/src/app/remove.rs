//! Removes a product: for its seller, or because an operator says so. Lists and searches no longer contain it. An operator may put back what
//! one removed.

use std::sync::Arc;

use kernel::{ProductId, Timestamp, UserId};
use store::StoreResult;

use super::App;
use super::change::change_product;
use super::save::{By, save};
use crate::domain::{Change, Product, ProductRefusal, Why};
use crate::records::SearchWords;

pub(crate) async fn remove_product(
    app: &App,
    change: Change<()>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    change_product(app, change, |product, change, now| {
        product.remove(change.editor, &change.guard, now)
    })
    .await
}

/// Removes a product for an operator. None if there is no such product.
pub(crate) async fn take_down(
    app: &App,
    product: ProductId,
    operator: UserId,
    reason: Why,
) -> StoreResult<Result<Product, ProductRefusal>> {
    let decide = move |before: Product, now| before.taken_down(reason.clone(), operator, now);
    moderate(app, product, operator, decide).await
}

/// Puts back for an operator what one removed. None if there is no such product.
pub(crate) async fn put_back(
    app: &App,
    product: ProductId,
    operator: UserId,
) -> StoreResult<Result<Product, ProductRefusal>> {
    moderate(app, product, operator, Product::put_back).await
}

async fn moderate(
    app: &App,
    product: ProductId,
    operator: UserId,
    decide: impl Fn(Product, Timestamp) -> Product + Send + 'static,
) -> StoreResult<Result<Product, ProductRefusal>> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            tx.want::<SearchWords>([product])?;
            let Some(found) = tx.get::<Product>(&product)? else {
                return Ok(Err(ProductRefusal::NotFound));
            };
            let after = decide(Arc::unwrap_or_clone(found.clone()), now);
            let saved = save(tx, Some(&found), &after, &By::seller(operator))?;
            Ok(saved.map(|()| after))
        })
        .await
}
