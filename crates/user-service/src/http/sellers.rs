//! GET /api/sellers: the sellers, for operators.

use actix_web::{HttpResponse, web};
use auth::{Listing, operators_only};
use contracts::sellers::SellerStatus;
use kernel::Limit;
use platform_http::{Problem, Query, QueryParams, QueryReader};

use super::seller_json::{SellerJson, SellerPage, StatusJson};
use crate::app::{App, list_sellers, sellers_scope};
use crate::store::SellerPlace;

/// The filter and the place of a page.
pub(super) struct ListSellers {
    status: Option<SellerStatus>,
    after: Option<SellerPlace>,
    limit: Limit,
}

impl QueryReader for ListSellers {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let status = params.one_of("status", SellerStatus::ALL, SellerStatus::as_str);
        let limit = params.limit();
        let after = params.cursor(sellers_scope(status.flatten()));
        Some(Self {
            status: status?,
            after: after?,
            limit: limit?,
        })
    }
}

/// List sellers
///
/// The newest first. Role `admin`.
#[utoipa::path(get, path = "/api/sellers", tag = "sellers", operation_id = "listSellers", security(("bearer" = [])),
    params(
        ("status" = Option<StatusJson>, Query, description = "Only sellers with this status"),
        ("limit" = inline(Option<Limit>), Query, description = "Most sellers on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same status"),
    ),
    responses(
        (status = 200, description = "A page", body = SellerPage<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(super) async fn list(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<ListSellers>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let Query(ListSellers {
        status,
        after,
        limit,
    }) = query;
    let page = list_sellers(&app, status, after, limit).await?;
    let items = page.items.iter();
    let items = items.map(|(seller, user)| SellerJson::of(seller, user.as_deref()));
    Ok(HttpResponse::Ok().json(SellerPage {
        items: items.collect(),
        next_cursor: page.next_cursor.clone(),
    }))
}
