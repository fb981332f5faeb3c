//! Adds, edits and removes variants of a product for its seller.

use kernel::VariantId;
use store::StoreResult;
use store::idempotency::{Answered, Repeatable};

use super::App;
use super::change::{change_product, change_product_once};
use super::save::By;
use crate::domain::{Change, NewVariant, Product, ProductRefusal, VariantEdit};

/// A variant to add, and its id.
#[derive(Clone)]
pub(crate) struct Added {
    pub(crate) id: VariantId,
    pub(crate) new: NewVariant,
}

/// Adds a variant; with `once`, at most once for its key.
pub(crate) async fn add_variant(
    app: &App,
    change: Change<Added>,
    once: Option<Repeatable<Product>>,
) -> StoreResult<Result<Answered<Product>, ProductRefusal>> {
    let by = By::seller(change.editor);
    let decide = |product: Product, change: &Change<Added>, now| {
        let Added { id, new } = change.to.clone();
        product.add_variant(change.editor, &change.guard, new, id, now)
    };
    change_product_once(app, change, decide, by, once).await
}

/// Edits a variant.
pub(crate) async fn edit_variant(
    app: &App,
    change: Change<(VariantId, VariantEdit)>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    change_product(app, change, |product, change, now| {
        let (id, edit) = change.to.clone();
        product.edit_variant(change.editor, &change.guard, id, edit, now)
    })
    .await
}

/// Removes a variant.
pub(crate) async fn remove_variant(
    app: &App,
    change: Change<VariantId>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    change_product(app, change, |product, change, now| {
        product.remove_variant(change.editor, &change.guard, change.to, now)
    })
    .await
}
