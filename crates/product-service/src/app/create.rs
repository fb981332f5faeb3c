//! Lists a product.

use kernel::ProductId;
use store::idempotency::{Answered, Repeatable};
use store::{StoreResult, Tx};

use super::App;
use super::stock::book;
use crate::domain::{NewProduct, Product};
use crate::records::SearchWords;

/// Lists `new`.
pub(crate) async fn create_product(app: &App, new: NewProduct) -> StoreResult<Product> {
    let product = new.list(ProductId::new(&*app.ids), app.clock.now());
    app.store
        .write(move |tx| insert(tx, &product).map(|()| product.clone()))
        .await
}

/// Lists `new` once for a key.
pub(crate) async fn create_product_once(
    app: &App,
    new: NewProduct,
    Repeatable { key, render }: Repeatable<Product>,
) -> StoreResult<Answered<Product>> {
    let now = app.clock.now();
    let product = new.list(ProductId::new(&*app.ids), now);
    app.store
        .write(move |tx| {
            if let Some(earlier) = tx.earlier(&key, now)? {
                return Ok(Answered::Before(earlier));
            }
            insert(tx, &product)?;
            tx.answer(&key, product.id.as_uuid(), render(&product)?, now)?;
            Ok(Answered::First(product.clone()))
        })
        .await
}

fn insert(tx: &mut Tx<'_>, product: &Product) -> StoreResult<()> {
    tx.insert(product.clone())?;
    tx.insert(SearchWords::of(product))?;
    book(tx, product, product.stock.get())
}
