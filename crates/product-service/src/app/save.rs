//! Saves what a seller or an operator did to a product, with everything that follows from it: its search words, its SKUs, and its entries
//! in the stock book.

use std::collections::BTreeMap;

use kernel::{UserId, VariantId};
use store::{StoreResult, Tx};

use crate::domain::{Product, ProductRefusal, ProductStatus, Sku};
use crate::records::{EntryId, SearchWords, SkuKey, SkuOwner, StockEntry};

/// Who did it, and why, if they said so: for the stock book.
#[derive(Debug, Clone)]
pub(super) struct By {
    pub(super) actor: UserId,
    pub(super) reason: Option<String>,
}

impl By {
    pub(super) const fn seller(actor: UserId) -> Self {
        Self {
            actor,
            reason: None,
        }
    }
}

/// Saves `after`, which was `before` if it is not new. Refuses a SKU that another of the seller's variants has.
pub(super) fn save(
    tx: &mut Tx<'_>,
    before: Option<&Product>,
    after: &Product,
    by: &By,
) -> StoreResult<Result<(), ProductRefusal>> {
    if before == Some(after) {
        return Ok(Ok(()));
    }
    let (old, new) = (before.map(skus).unwrap_or_default(), skus(after));
    let key = |sku: &Sku| SkuKey {
        seller: after.seller,
        sku: sku.as_str().to_owned(),
    };
    for sku in new.keys().filter(|sku| !old.contains_key(*sku)) {
        if tx.get::<SkuOwner>(&key(sku))?.is_some() {
            return Ok(Err(ProductRefusal::SkuTaken((*sku).clone())));
        }
    }
    match before {
        Some(_) => tx.put(after.clone())?,
        None => tx.insert(after.clone())?,
    }
    keep_words(tx, before, after)?;
    for sku in old.keys().filter(|sku| !new.contains_key(*sku)) {
        tx.delete::<SkuOwner>(&key(sku))?;
    }
    for (sku, variant) in &new {
        if old.get(sku) != Some(variant) {
            tx.put(SkuOwner {
                id: key(sku),
                product: after.id,
                variant: *variant,
            })?;
        }
    }
    for (variant, delta) in after.stock_since(before) {
        tx.insert(StockEntry {
            id: EntryId {
                product: after.id,
                version: after.version,
                variant,
            },
            delta,
            at: after.updated_at,
            actor: by.actor,
            reason: by.reason.clone(),
        })?;
    }
    Ok(Ok(()))
}

/// The words of a listed product; none of another.
fn keep_words(tx: &mut Tx<'_>, before: Option<&Product>, after: &Product) -> StoreResult<()> {
    let was_listed = before.is_some_and(Product::is_listed);
    match (was_listed, after.is_listed()) {
        (false, true) => tx.insert(SearchWords::of(after)),
        (true, false) => tx.delete::<SearchWords>(&after.id),
        (true, true) if before.is_none_or(|before| !is_found_alike(before, after)) => {
            tx.put(SearchWords::of(after))
        }
        (true, true) | (false, false) => Ok(()),
    }
}

/// Whether no search tells the two apart.
fn is_found_alike(one: &Product, other: &Product) -> bool {
    (&one.name, &one.description, one.category_id, one.price)
        == (
            &other.name,
            &other.description,
            other.category_id,
            other.price,
        )
}

/// The SKUs that a product uses, each with its variant. A removed product uses none.
fn skus(product: &Product) -> BTreeMap<&Sku, VariantId> {
    let offers = product.offers();
    offers
        .filter(|_| product.status != ProductStatus::Removed)
        .filter_map(|offer| Some((offer.traits.sku.as_ref()?, offer.id)))
        .collect()
}
