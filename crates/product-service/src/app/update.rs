//! Edits a product for its seller.

use std::sync::Arc;

use store::StoreResult;

use super::App;
use super::stock::book;
use crate::domain::{Change, Product, ProductEdit, ProductRefusal};
use crate::records::SearchWords;

pub(crate) async fn update_product(
    app: &App,
    change: Change<ProductEdit>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            tx.want::<SearchWords>([change.product])?;
            let Some(found) = tx.get::<Product>(&change.product)? else {
                return Ok(Err(ProductRefusal::NotFound));
            };
            let product = Arc::unwrap_or_clone(found);
            let edited = match product.edit(change.editor, &change.guard, change.to.clone(), now) {
                Ok(edited) => edited,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if edited.described_anew {
                tx.put(SearchWords::of(&edited.product))?;
            }
            if edited.is_change() {
                tx.put(edited.product.clone())?;
                book(tx, &edited.product, edited.stock_delta)?;
            }
            Ok(Ok(edited.product))
        })
        .await
}
