//! Shows the images of products.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::ProductId;
use store::StoreResult;

use super::App;
use crate::domain::{Image, ProductImages};

/// The images of those of `products` that have any, in one read. Read the products before: a change of images is a change of its product, so
/// a reader never has images that are older than the version beside them.
pub(crate) async fn images_of(
    app: &App,
    products: Vec<ProductId>,
) -> StoreResult<HashMap<ProductId, Vec<Image>>> {
    if products.is_empty() {
        return Ok(HashMap::new());
    }
    let found = app.queries.images_of(products).await?;
    Ok(found
        .into_iter()
        .map(|of| (of.product, of.images))
        .collect())
}

/// The images of one product, likewise.
pub(crate) async fn images_of_one(app: &App, product: ProductId) -> StoreResult<Vec<Image>> {
    let found = app.store.get::<ProductImages>(&product).await?;
    Ok(found.map_or_else(Vec::new, |of| Arc::unwrap_or_clone(of).images))
}
