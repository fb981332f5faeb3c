//! Lists a product.

use kernel::ProductId;
use store::StoreResult;

use super::App;
use crate::domain::{NewProduct, Product};

pub(crate) async fn create_product(app: &App, new: NewProduct) -> StoreResult<Product> {
    let product = new.list(ProductId::new(&*app.ids), app.clock.now());
    app.store.create(product.clone()).await?;
    Ok(product)
}
