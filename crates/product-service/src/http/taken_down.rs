//! GET /api/products/taken-down.

use actix_web::{HttpResponse, web};
use auth::{Listing, operators_only};
use kernel::{Limit, ProductId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use uuid::Uuid;

use super::product_json::ProductPage;
use crate::app::{App, taken_down};
use crate::domain::{TakenDownQuery, Viewer};

/// The query of the list.
pub(crate) struct TakenDownParams(TakenDownQuery);

impl QueryReader for TakenDownParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let limit = params.limit();
        let after: Option<Option<Uuid>> = params.cursor(TakenDownQuery::scope());
        Some(Self(TakenDownQuery {
            after: after?.map(ProductId::from_uuid),
            limit: limit?,
        }))
    }
}

/// List the products that operators removed
///
/// Until they are put back; the newest product first. `moderation` has the reason. Role `admin`.
#[utoipa::path(get, path = "/api/products/taken-down", tag = "products", operation_id = "listTakenDownProducts", security(("bearer" = [])),
    params(
        ("limit" = inline(Option<Limit>), Query, description = "Most products on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page", body = ProductPage),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(crate) async fn list_taken_down(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<TakenDownParams>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let page = taken_down(&app, query.0.0).await?;
    let sellers = page.items.iter().map(|product| product.seller);
    let cards = app.sellers.cards(&app.store, sellers).await?;
    Ok(HttpResponse::Ok().json(ProductPage::of(&app, page, Viewer::Operator, &cards).await?))
}
