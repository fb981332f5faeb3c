//! GET /api/orders/{id}/byUser.

use actix_web::{HttpResponse, web};
use auth::{Listing, Role};
use kernel::{CursorError, Invalid, Limit, UserId};
use platform_http::{FieldError, Problem, Query, QueryParams, QueryReader, common};

use super::order_json::OrderPage;
use crate::app::{App, Audience, Mark, list_of, list_orders, list_scope};
use crate::domain::OrderState;

/// The query.
pub(crate) struct ListOrders {
    state: Option<OrderState>,
    limit: Limit,
    mark: Option<Mark>,
}

impl QueryReader for ListOrders {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let state = params.one_of("status", OrderState::ALL, OrderState::as_str);
        let limit = params.limit();
        let mark = params.cursor(list_scope());
        Some(Self {
            state: state?,
            limit: limit?,
            mark: mark?,
        })
    }
}

/// List a user's orders
///
/// Newest first. `{id}` is the user's id: your own, unless you are an operator.
#[utoipa::path(get, path = "/api/orders/{id}/byUser", tag = "orders", operation_id = "listOrdersOfUser", security(("bearer" = [])),
    params(
        ("id" = UserId, Path, description = "The user's id"),
        ("status" = Option<OrderState>, Query, description = "Only orders in this state"),
        ("limit" = inline(Option<Limit>), Query, description = "Most orders on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same status"),
    ),
    responses(
        (status = 200, description = "A page of orders", body = OrderPage<'static>),
        (status = 403, description = "`forbidden`: these are another user's"),
    ))]
pub(crate) async fn by_user(
    app: web::Data<App>,
    Listing(caller): Listing,
    id: web::Path<String>,
    query: Query<ListOrders>,
) -> Result<HttpResponse, Problem> {
    let forbidden = || {
        Problem::new(
            &common::FORBIDDEN,
            "Only the user and operators may see a user's orders.",
        )
    };
    let buyer: UserId = id.parse().map_err(|_| forbidden())?;
    if buyer != caller.user && !caller.has(Role::Admin) {
        return Err(forbidden());
    }
    let ListOrders { state, limit, mark } = query.0;
    let after = match mark {
        Some((list, _)) if list != list_of(buyer, state) => return Err(other_list()),
        Some((_, order)) => Some(order),
        None => None,
    };
    let page = list_orders(&app, buyer, state, after, limit).await?;
    let audience = if buyer == caller.user {
        Audience::Buyer
    } else {
        Audience::Operator
    };
    let page = OrderPage::of(&page, audience, &app.timing)?;
    Ok(HttpResponse::Ok().json(page))
}

fn other_list() -> Problem {
    let invalid = Invalid::new("invalid_cursor", CursorError.to_string());
    Problem::validation(vec![FieldError::new("?cursor", invalid)])
}
