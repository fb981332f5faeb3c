//! Shows one product to a reader who may see it.

use std::sync::Arc;

use kernel::ProductId;
use store::StoreResult;

use super::App;
use crate::domain::{Product, Viewer};

/// Returns None if there is no such product, or if it is not in the catalogue and `viewer` neither sells it nor bought it nor is an operator.
/// The products of sellers who may not sell are not in the catalogue.
pub(crate) async fn product(
    app: &App,
    id: ProductId,
    viewer: Viewer,
) -> StoreResult<Option<Product>> {
    let found = app.store.get::<Product>(&id).await?;
    let Some(product) = found.map(Arc::unwrap_or_clone) else {
        return Ok(None);
    };
    let closed = app.sellers.closed(&*app.queries).await?;
    let is_listed = product.is_listed() && !closed.has(product.seller);
    if is_listed || viewer.manages(&product) {
        return Ok(Some(product));
    }
    let Viewer::User(user) = viewer else {
        return Ok(None);
    };
    let has_bought = app.queries.has_bought(user, id).await?;
    Ok(has_bought.then_some(product))
}
