//! Lists a product.

use kernel::ProductId;
use store::StoreResult;

use super::App;
use super::stock::book;
use crate::domain::{NewProduct, Product};
use crate::records::SearchWords;

pub(crate) async fn create_product(app: &App, new: NewProduct) -> StoreResult<Product> {
    let product = new.list(ProductId::new(&*app.ids), app.clock.now());
    let created = product.clone();
    app.store
        .write(move |tx| {
            tx.insert(created.clone())?;
            tx.insert(SearchWords::of(&created))?;
            book(tx, &created, created.stock.get())
        })
        .await?;
    Ok(product)
}
