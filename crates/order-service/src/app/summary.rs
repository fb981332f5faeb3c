//! Sums a seller's sales by day, for a chart.

use kernel::UserId;
use store::StoreResult;

use super::App;
use crate::store::{SalesDay, Span};

/// What `seller` sold in `span`, by the day of payment. None if these are too many sales to sum at once, or if those of
/// a day come to more than an amount can be.
pub(crate) async fn sum_sales(
    app: &App,
    seller: UserId,
    span: Span,
) -> StoreResult<Option<Vec<SalesDay>>> {
    app.queries.sold(seller, span).await
}
