//! Lists all products of a seller, for them.

use kernel::Page;
use store::StoreResult;

use super::App;
use crate::domain::{OwnQuery, Product};

pub(crate) async fn own_products(app: &App, query: OwnQuery) -> StoreResult<Page<Product>> {
    app.queries.own(query).await
}
