//! GET /api/products/mine.

use actix_web::{HttpResponse, web};
use auth::Listing;
use kernel::{Invalid, Limit, ProductId};
use platform_http::{Problem, Query, QueryParams, QueryReader, integer};
use uuid::Uuid;

use super::product_json::ProductPage;
use crate::app::{App, own_products};
use crate::domain::{OwnFilter, OwnQuery, ProductStatus, Stock, Viewer};

/// The query of the list.
pub(crate) struct OwnParams {
    filter: OwnFilter,
    after: Option<ProductId>,
    limit: Limit,
}

impl QueryReader for OwnParams {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let status = params.one_of("status", ProductStatus::ALL, ProductStatus::as_str);
        let low_stock = params.optional("lowStock", parse_stock);
        let limit = params.limit();
        // A cursor belongs to a filter; while that is not known, it cannot be judged.
        let (Some(status), Some(low_stock)) = (status, low_stock) else {
            params.optional("cursor", |_| Ok(()))?;
            return None;
        };
        let filter = OwnFilter { status, low_stock };
        let after: Option<Option<Uuid>> = params.cursor(OwnQuery::scope(filter));
        Some(Self {
            filter,
            after: after?.map(ProductId::from_uuid),
            limit: limit?,
        })
    }
}

fn parse_stock(raw: &str) -> Result<i64, Invalid> {
    Stock::parse(integer(raw)?).map(Stock::get)
}

/// List your own products
///
/// All products of the caller, drafts and removed ones included; the newest first.
#[utoipa::path(get, path = "/api/products/mine", tag = "products", operation_id = "listOwnProducts", security(("bearer" = [])),
    params(
        ("status" = inline(Option<ProductStatus>), Query, description = "Only these"),
        ("lowStock" = Option<i64>, Query, description = "Only products of which some variant has this stock or less", minimum = 0, maximum = 1_000_000_000),
        ("limit" = inline(Option<Limit>), Query, description = "Most products on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters"),
    ),
    responses(
        (status = 200, description = "A page", body = ProductPage),
    ))]
pub(crate) async fn list_own(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<OwnParams>,
) -> Result<HttpResponse, Problem> {
    let OwnParams {
        filter,
        after,
        limit,
    } = query.0;
    let query = OwnQuery {
        seller: caller.user,
        filter,
        after,
        limit,
    };
    let page = own_products(&app, query).await?;
    let viewer = Viewer::User(caller.user);
    let cards = app.sellers.cards(&app.store, [caller.user]).await?;
    Ok(HttpResponse::Ok().json(ProductPage::of(&app, page, viewer, &cards).await?))
}
