//! Lists what operators took down, for them.

use kernel::Page;
use store::StoreResult;

use super::App;
use crate::domain::{Product, TakenDownQuery};

pub(crate) async fn taken_down(app: &App, query: TakenDownQuery) -> StoreResult<Page<Product>> {
    app.queries.taken_down(query).await
}
