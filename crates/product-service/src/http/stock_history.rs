//! GET /api/products/{id}/stock.

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{Limit, ProductId, VariantId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use uuid::Uuid;

use super::error::product_not_found;
use super::reader::viewer;
use super::stock_json::StockHistoryPage;
use crate::app::{App, stock_history};
use crate::domain::HistoryQuery;

/// The query of the list.
pub(crate) struct HistoryParams {
    variant: Option<VariantId>,
    after: Option<(i64, Uuid)>,
    limit: Limit,
}

impl QueryReader for HistoryParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let variant = params.optional("variantId", str::parse::<VariantId>);
        let limit = params.limit();
        // A cursor belongs to a filter; while that is not known, it cannot be judged.
        let Some(variant) = variant else {
            params.optional("cursor", |_| Ok(()))?;
            return None;
        };
        let after = params.cursor(HistoryQuery::scope(variant));
        Some(Self {
            variant,
            after: after?,
            limit: limit?,
        })
    }
}

/// Show the history of a stock
///
/// What the seller added and took away, and why: the first stock, adjustments, and edits of the stock. What orders hold and give back is not
/// in it. For the seller and operators; the latest first.
#[utoipa::path(get, path = "/api/products/{id}/stock", tag = "products", operation_id = "listStockChanges", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("variantId" = Option<VariantId>, Query, description = "Only this variant; the default one has the product's id"),
        ("limit" = inline(Option<Limit>), Query, description = "Most changes on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filter"),
    ),
    responses(
        (status = 200, description = "A page", body = StockHistoryPage),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`"),
    ))]
pub(crate) async fn history(
    app: web::Data<App>,
    Listing(caller): Listing,
    id: web::Path<String>,
    query: Query<HistoryParams>,
) -> Result<HttpResponse, Problem> {
    let HistoryParams {
        variant,
        after,
        limit,
    } = query.0;
    let query = HistoryQuery {
        product: id.parse().map_err(|_| product_not_found())?,
        variant,
        after,
        limit,
    };
    let page = stock_history(&app, query, viewer(&caller)).await??;
    Ok(HttpResponse::Ok().json(StockHistoryPage::from(page)))
}
