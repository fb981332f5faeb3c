//! Lists and searches the catalogue.

use kernel::Page;
use store::StoreResult;

use super::App;
use crate::domain::{ListQuery, Product};

pub(crate) async fn list_products(app: &App, query: ListQuery) -> StoreResult<Page<Product>> {
    app.queries.list(query).await
}
