//! GET /api/orders.

use actix_web::{HttpResponse, web};
use auth::{Listing, operators_only};
use kernel::{CursorScope, Invalid, Limit, UserId};
use platform_http::{Problem, Query, QueryParams, QueryReader};

use super::order_json::OrderPage;
use crate::app::{AllFilter, AllPlace, App, Audience, list_all};
use crate::domain::OrderState;

/// Filters and place of a page.
pub(crate) struct ListAll {
    filter: AllFilter,
    after: Option<AllPlace>,
    limit: Limit,
    scope: CursorScope,
}

fn flag(raw: &str) -> Result<bool, Invalid> {
    raw.parse()
        .map_err(|_| Invalid::new("unknown_value", "must be one of true, false"))
}

impl QueryReader for ListAll {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let state = params.one_of("status", OrderState::ALL, OrderState::as_str);
        let seller = params.optional("seller", str::parse::<UserId>);
        let buyer = params.optional("buyer", str::parse::<UserId>);
        let needs_review = params.optional("needsReview", flag);
        let disputed = params.optional("disputed", flag);
        let limit = params.limit();
        let filter = match (state, seller, buyer, needs_review, disputed) {
            (Some(state), Some(seller), Some(buyer), Some(needs_review), Some(disputed)) => {
                Some(AllFilter {
                    state,
                    seller,
                    buyer,
                    needs_review,
                    disputed,
                })
            }
            _ => None,
        };
        let filters = filter.map_or_else(String::new, |filter| {
            let state = filter.state.map_or("", OrderState::as_str);
            let [seller, buyer] = [filter.seller, filter.buyer]
                .map(|user| user.map_or_else(String::new, |user| user.to_string()));
            let flags = (filter.needs_review, filter.disputed);
            format!("{state}|{seller}|{buyer}|{flags:?}")
        });
        let scope = CursorScope::new("all orders", &filters);
        let after = params.cursor::<AllPlace>(scope);
        Some(Self {
            filter: filter?,
            after: after?,
            limit: limit?,
            scope,
        })
    }
}

/// List any orders
///
/// Newest first. With a seller (and no status, or `paid`), these are the orders in which they have a sale, the newest payment first. A
/// request looks at 2 000 orders: a page may hold fewer than `limit`, even none, as long as there is a `nextCursor`. Role `admin`.
#[utoipa::path(get, path = "/api/orders", tag = "orders", operation_id = "listOrders", security(("bearer" = [])),
    params(
        ("status" = Option<OrderState>, Query, description = "Only orders in this state"),
        ("seller" = Option<UserId>, Query, description = "Only orders in which this user sells something; without another filter, those whose stock is sold"),
        ("buyer" = Option<UserId>, Query, description = "Only orders that this user placed"),
        ("needsReview" = Option<bool>, Query, description = "Only orders that an operator has to look at, or only the others"),
        ("disputed" = Option<bool>, Query, description = "Only orders with a dispute that an operator has to decide, or only the others"),
        ("limit" = inline(Option<Limit>), Query, description = "Most orders on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filters"),
    ),
    responses(
        (status = 200, description = "A page of orders", body = OrderPage<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(crate) async fn list(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<ListAll>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let ListAll {
        filter,
        after,
        limit,
        scope,
    } = query.0;
    let page = list_all(&app, filter, after, limit, scope).await?;
    let page = OrderPage::of(&page, Audience::Operator, &app.timing)?;
    Ok(HttpResponse::Ok().json(page))
}
