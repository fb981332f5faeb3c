//! Puts the images of a product into another order, and changes their texts, for its seller.

use std::sync::Arc;

use store::StoreResult;

use super::App;
use super::show_anew::{Edit, load, save};
use crate::domain::{Change, ImageRefusal, Placed, Product};

/// Returns the product. An arrangement that changes nothing keeps its version.
pub(crate) async fn arrange_images(
    app: &App,
    change: Change<Vec<Placed>>,
) -> StoreResult<Result<Product, ImageRefusal>> {
    let now = app.clock.now();
    let placed = change.to.clone();
    let change = change.with(());
    app.store
        .write(move |tx| {
            let edit = match load(tx, &change, now)? {
                Ok(edit) => edit,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let images = match edit.images.clone().arranged(placed.clone()) {
                Ok(images) => images,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if images == edit.images {
                let found = tx.get::<Product>(&change.product)?;
                return Ok(Ok(found.map_or(edit.product, Arc::unwrap_or_clone)));
            }
            save(tx, Edit { images, ..edit }).map(Ok)
        })
        .await
}
