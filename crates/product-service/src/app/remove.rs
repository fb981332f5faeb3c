//! Removes a product for its seller. Lists and searches no longer contain it.

use std::sync::Arc;

use store::StoreResult;

use super::App;
use crate::domain::{Change, Product, ProductRefusal};
use crate::records::SearchWords;

pub(crate) async fn remove_product(
    app: &App,
    change: Change<()>,
) -> StoreResult<Result<(), ProductRefusal>> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            tx.want::<SearchWords>([change.product])?;
            let Some(found) = tx.get::<Product>(&change.product)? else {
                return Ok(Err(ProductRefusal::NotFound));
            };
            match Arc::unwrap_or_clone(found).remove(change.editor, &change.guard, now) {
                Ok(Some(product)) => {
                    tx.delete::<SearchWords>(&product.id)?;
                    tx.put(product)?;
                    Ok(Ok(()))
                }
                Ok(None) => Ok(Ok(())),
                Err(refusal) => Ok(Err(refusal)),
            }
        })
        .await
}
