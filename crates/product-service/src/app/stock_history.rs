//! Lists the changes of a product's stock that its seller made.

use kernel::Page;
use store::StoreResult;

use super::App;
use crate::domain::{HistoryQuery, Product, ProductRefusal, StockChange, Viewer};

/// For its seller and for operators.
pub(crate) async fn stock_history(
    app: &App,
    query: HistoryQuery,
    viewer: Viewer,
) -> StoreResult<Result<Page<StockChange>, ProductRefusal>> {
    let Some(product) = app.store.get::<Product>(&query.product).await? else {
        return Ok(Err(ProductRefusal::NotFound));
    };
    if viewer.manages(&product) {
        return app.queries.stock_history(query).await.map(Ok);
    }
    Ok(Err(if product.is_listed() {
        ProductRefusal::NotOwner
    } else {
        ProductRefusal::NotFound
    }))
}
