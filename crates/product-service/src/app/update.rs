//! Edits a product for its seller.

use std::sync::Arc;

use kernel::{CategoryId, Timestamp};
use store::StoreResult;

use super::App;
use super::change::{apply, change_product};
use super::save::By;
use super::trees::{Turns, add_category, is_current, next};
use crate::domain::{Change, InCategory, Product, ProductEdit, ProductRefusal, Tree};

/// Makes an edit, which may put the product into another `category`.
pub(crate) async fn update_product(
    app: &App,
    change: Change<ProductEdit>,
    category: Option<InCategory>,
) -> StoreResult<Result<Product, ProductRefusal>> {
    if category.is_none() && change.to.attributes.is_none() {
        return change_product(app, change, |product, change, now| {
            product.edit(change.editor, &change.guard, change.to.clone(), now)
        })
        .await;
    }
    let (now, by) = (app.clock.now(), By::seller(change.editor));
    let moving = Arc::new(Moving {
        change,
        category,
        new: CategoryId::new(&*app.ids),
    });
    let mut turns = Turns::of(app);
    loop {
        let tree = turns.next().await?;
        let next = next(&tree);
        let (edit, by) = (moving.clone(), by.clone());
        let edited = app
            .store
            .write(move |tx| {
                if !is_current(tx, &tree)? {
                    return Ok(None);
                }
                let decide =
                    |product, _: &Change<ProductEdit>, now| edit.decide(&tree, product, now);
                let edited = apply(tx, &edit.change, decide, &by, now)?;
                if let Ok(product) = &edited
                    && product.category_id == edit.new
                    && let Some(asked) = &edit.category
                    && let Ok(placed) = tree.place(asked, edit.new)
                {
                    add_category(tx, &tree, placed.new)?;
                }
                Ok(Some(edited))
            })
            .await?;
        if let Some(Ok(product)) = &edited
            && product.category_id == moving.new
        {
            app.trees.is_at(next);
        }
        if let Some(settled) = turns.settle(edited) {
            return Ok(settled);
        }
    }
}

/// An edit that depends on the tree.
struct Moving {
    change: Change<ProductEdit>,
    category: Option<InCategory>,
    /// The id of the category, if it has to be created.
    new: CategoryId,
}

impl Moving {
    fn decide(
        &self,
        tree: &Tree,
        product: Product,
        now: Timestamp,
    ) -> Result<Product, ProductRefusal> {
        let Change { editor, guard, .. } = &self.change;
        // Who may not change it learns nothing of categories.
        product.check_change(*editor, guard)?;
        let asked = self.category.as_ref();
        let placed = asked.map(|asked| tree.place_anew(&product, asked, self.new));
        let edit = ProductEdit {
            category: placed.transpose().map_err(ProductRefusal::Category)?,
            ..self.change.to.clone()
        };
        let before = product.category_id;
        let is_said = edit.attributes.is_some();
        let edited = product.edit(*editor, guard, edit, now)?;
        if is_said || edited.category_id != before {
            let faults = tree.faults(edited.category_id, &edited.attributes);
            if !faults.is_empty() {
                return Err(ProductRefusal::Attributes(faults));
            }
        }
        Ok(edited)
    }
}
