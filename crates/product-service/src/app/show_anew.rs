//! What all changes of images share: the product and its images are loaded and saved together.

use std::sync::Arc;

use kernel::Timestamp;
use store::{StoreResult, Tx};

use crate::domain::{Change, ImageRefusal, Product, ProductImages, ProductRefusal};

/// A change of images under way.
pub(super) struct Edit {
    /// The product after the change.
    pub(super) product: Product,
    /// Its images, before the change and then after it.
    pub(super) images: ProductImages,
}

/// Loads what `change` is about, if it may be made.
pub(super) fn load(
    tx: &mut Tx<'_>,
    change: &Change<()>,
    now: Timestamp,
) -> StoreResult<Result<Edit, ImageRefusal>> {
    tx.want::<ProductImages>([change.product])?;
    let Some(found) = tx.get::<Product>(&change.product)? else {
        return Ok(Err(ProductRefusal::NotFound.into()));
    };
    let found = Arc::unwrap_or_clone(found);
    let product = match found.shown_anew(change.editor, &change.guard, now) {
        Ok(product) => product,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let images = tx.get::<ProductImages>(&change.product)?;
    let images = images.map_or_else(|| ProductImages::none(change.product), Arc::unwrap_or_clone);
    Ok(Ok(Edit { product, images }))
}

/// Saves both. Returns the product.
pub(super) fn save(tx: &mut Tx<'_>, edit: Edit) -> StoreResult<Product> {
    if edit.images.images.is_empty() {
        tx.delete::<ProductImages>(&edit.product.id)?;
    } else {
        tx.put(edit.images)?;
    }
    tx.put(edit.product.clone())?;
    Ok(edit.product)
}
