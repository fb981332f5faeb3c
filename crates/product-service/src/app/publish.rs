//! Publishes a product for its seller, or takes it back. Lists and searches contain only what is published.

use store::StoreResult;

use super::App;
use super::change::change_product;
use crate::domain::{Change, Product, ProductRefusal};

pub(crate) async fn publish_product(
    app: &App,
    change: Change<()>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    change_product(app, change, |product, change, now| {
        product.set_listed(true, change.editor, &change.guard, now)
    })
    .await
}

pub(crate) async fn unpublish_product(
    app: &App,
    change: Change<()>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    change_product(app, change, |product, change, now| {
        product.set_listed(false, change.editor, &change.guard, now)
    })
    .await
}
