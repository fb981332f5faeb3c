//! Sums sales by day, for a chart: a seller's, or those of all, with what waits for operators.

use kernel::UserId;
use store::StoreResult;

use super::App;
use crate::store::{OpenOrders, SalesDay, Span};

/// What `seller` sold in `span`, by the day of payment. None if these are too many sales to sum at once, or if those of
/// a day come to more than an amount can be.
pub(crate) async fn sum_sales(
    app: &App,
    seller: UserId,
    span: Span,
) -> StoreResult<Option<Vec<SalesDay>>> {
    app.queries.sold(Some(seller), span).await
}

/// What all sellers sold in `span`, as [`sum_sales`], and what is open now.
pub(crate) async fn sum_up(
    app: &App,
    span: Span,
) -> StoreResult<(OpenOrders, Option<Vec<SalesDay>>)> {
    let open = app.queries.open().await?;
    Ok((open, app.queries.sold(None, span).await?))
}
