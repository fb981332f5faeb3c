//! Shows one product to a reader who may see it.

use std::sync::Arc;

use kernel::{ProductId, UserId};
use store::StoreResult;

use super::App;
use crate::domain::Product;

/// Returns None if there is no such product, or if it was removed and `viewer` is not its seller.
pub(crate) async fn product(
    app: &App,
    id: ProductId,
    viewer: Option<UserId>,
) -> StoreResult<Option<Product>> {
    let found = app.store.get::<Product>(&id).await?;
    Ok(found
        .filter(|product| product.is_visible_to(viewer))
        .map(Arc::unwrap_or_clone))
}
