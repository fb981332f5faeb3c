//! Lists a product.

use std::sync::Arc;

use contracts::sellers::SellersMode;
use kernel::{CategoryId, ProductId, Timestamp, VariantId};
use store::idempotency::{Answered, Repeatable};
use store::{StoreError, StoreResult, Tx};

use super::App;
use super::keep_sellers::start_seller;
use super::save::{By, save};
use super::trees::{Turns, add_category, is_current, next};
use crate::domain::{NewProduct, Product, ProductRefusal, Tree};

/// Lists `new`.
pub(crate) async fn create_product(
    app: &App,
    new: NewProduct,
) -> StoreResult<Result<Product, ProductRefusal>> {
    match list(app, new, None).await? {
        Ok(Answered::First(product)) => Ok(Ok(product)),
        Ok(Answered::Before(_)) => Err(StoreError::Corrupt("an answer without a key".to_owned())),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Lists `new` once for a key. A refusal is not stored: the key is free again.
pub(crate) async fn create_product_once(
    app: &App,
    new: NewProduct,
    once: Repeatable<Product>,
) -> StoreResult<Result<Answered<Product>, ProductRefusal>> {
    list(app, new, Some(once)).await
}

async fn list(
    app: &App,
    new: NewProduct,
    once: Option<Repeatable<Product>>,
) -> StoreResult<Result<Answered<Product>, ProductRefusal>> {
    let now = app.clock.now();
    let listing = Arc::new(Listing {
        id: ProductId::new(&*app.ids),
        variants: new
            .variants
            .iter()
            .map(|_| VariantId::new(&*app.ids))
            .collect(),
        category: CategoryId::new(&*app.ids),
        mode: app.sellers.mode(),
        new,
    });
    let mut turns = Turns::of(app);
    loop {
        let tree = turns.next().await?;
        let next = next(&tree);
        let (new, once) = (listing.clone(), once.clone());
        let listed = app
            .store
            .write(move |tx| {
                if let Some(Repeatable { key, .. }) = &once
                    && let Some(earlier) = tx.earlier(key, now)?
                {
                    return Ok(Some(Ok((Answered::Before(earlier), false))));
                }
                if !is_current(tx, &tree)? {
                    return Ok(None);
                }
                let (product, is_first) = match new.insert(tx, &tree, now)? {
                    Ok(made) => made,
                    Err(refusal) => return Ok(Some(Err(refusal))),
                };
                if let Some(Repeatable { key, render }) = &once {
                    tx.answer(key, product.id.as_uuid(), render(&product)?, now)?;
                }
                Ok(Some(Ok((Answered::First(product), is_first))))
            })
            .await?;
        if let Some(Ok((Answered::First(product), is_first))) = &listed {
            if product.category_id == listing.category {
                app.trees.is_at(next);
            }
            if *is_first {
                app.sellers.forget([product.seller]);
            }
        }
        if let Some(settled) = turns.settle(listed) {
            return Ok(settled.map(|(answered, _)| answered));
        }
    }
}

/// A product to list, with the ids that are given.
struct Listing {
    id: ProductId,
    variants: Vec<VariantId>,
    /// That of its category, if that has to be created.
    category: CategoryId,
    mode: SellersMode,
    new: NewProduct,
}

impl Listing {
    /// Returns also whether it is the seller's first product.
    fn insert(
        &self,
        tx: &mut Tx<'_>,
        tree: &Tree,
        now: Timestamp,
    ) -> StoreResult<Result<(Product, bool), ProductRefusal>> {
        let placed = match tree.place(&self.new.category, self.category) {
            Ok(placed) => placed,
            Err(refusal) => return Ok(Err(ProductRefusal::Category(refusal))),
        };
        let faults = tree.faults(placed.id, &self.new.attributes);
        if !faults.is_empty() {
            return Ok(Err(ProductRefusal::Attributes(faults)));
        }
        let product = self.new.clone().list(self.id, &placed, now, &self.variants);
        if let Err(refusal) = save(tx, None, &product, &By::seller(product.seller))? {
            return Ok(Err(refusal));
        }
        add_category(tx, tree, placed.new)?;
        let is_first = start_seller(tx, product.seller, self.mode, now)?;
        Ok(Ok((product, is_first)))
    }
}
