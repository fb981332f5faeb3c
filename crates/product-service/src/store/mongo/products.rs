//! Products: adding, changing and removing one.

use std::sync::Arc;

use kernel::{ProductId, Timestamp};
use store::StoreResult;
use store_mongo::{Unit, id};

use super::rows::{EntryRow, ProductRow};
use super::words::SearchRow;
use crate::domain::{Product, ProductEdit, ProductRefusal, Removed};
use crate::store::{Change, ChangeError};

pub(super) fn insert(unit: &mut Unit, product: &Product) -> StoreResult<()> {
    unit.put(ProductRow::of(product))?;
    unit.put(SearchRow::of(product))?;
    book(unit, product, product.stock.get())
}

pub(super) fn update(
    unit: &mut Unit,
    change: &Change<ProductEdit>,
    now: Timestamp,
) -> Result<Product, ChangeError> {
    let product = find_for_change(unit, change.product)?;
    let edited = product
        .edit(change.editor, &change.guard, change.to.clone(), now)
        .map_err(ChangeError::Refused)?;
    let product = &edited.product;
    if edited.described_anew {
        unit.put(SearchRow::of(product))?;
    }
    if edited.is_change() {
        unit.put(ProductRow::of(product))?;
        book(unit, product, edited.stock_delta)?;
    }
    Ok(edited.product)
}

pub(super) fn remove(
    unit: &mut Unit,
    change: &Change<()>,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let product = find_for_change(unit, change.product)?;
    let removed = product
        .remove(change.editor, &change.guard, now)
        .map_err(ChangeError::Refused)?;
    match removed {
        Removed::Before => Ok(()),
        Removed::Now(product) => {
            unit.delete::<SearchRow>(&id(product.id))?;
            Ok(unit.put(ProductRow::of(&product))?)
        }
    }
}

/// The product, read together with its words: those of an edited product are replaced, of a removed one deleted.
fn find_for_change(unit: &mut Unit, product: ProductId) -> Result<Product, ChangeError> {
    let key = id(product);
    unit.want::<ProductRow>([key])?;
    unit.get::<SearchRow>(&key)?;
    let row = unit
        .get::<ProductRow>(&key)?
        .ok_or(ChangeError::Refused(ProductRefusal::NotFound))?;
    Ok(Arc::unwrap_or_clone(row).into_product()?)
}

/// Books what the seller put in or took out with this version of the product.
fn book(unit: &mut Unit, product: &Product, delta: i64) -> StoreResult<()> {
    if delta == 0 {
        return Ok(());
    }
    unit.put(EntryRow::of(product, delta))
}
