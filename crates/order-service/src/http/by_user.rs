//! GET /api/orders/{id}/byUser.

use actix_web::{HttpResponse, web};
use auth::{Caller, Role};
use chassis::http::{
    Problem, ProblemDocument, Query, QueryParams, QueryReader, ReadProblems, common,
};
use kernel::{Invalid, Limit, UserId};

use super::order_json::OrderPage;
use crate::app::{App, list_orders, scope_of};
use crate::domain::OrderState;

/// The query. The cursor is read once the list it belongs to is known.
pub(crate) struct ListOrders {
    state: Option<OrderState>,
    limit: Limit,
    cursor: Option<String>,
}

impl QueryReader for ListOrders {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let state = params.optional("status", |raw| {
            OrderState::ALL
                .into_iter()
                .find(|state| state.as_str() == raw)
                .ok_or_else(|| {
                    let words = OrderState::ALL.map(OrderState::as_str).join(", ");
                    Invalid::new("unknown_value", format!("must be one of {words}"))
                })
        });
        let limit = params.limit();
        let cursor = params.optional("cursor", |raw| Ok(raw.to_owned()));
        Some(Self {
            state: state?,
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List a user's orders
///
/// Newest first. `{id}` is the user's id: your own, unless you are an operator.
#[utoipa::path(get, path = "/api/orders/{id}/byUser", tag = "orders", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The user's id"),
        ("status" = Option<String>, Query, description = "Only orders in this state", example = "paid"),
        ("limit" = Option<u8>, Query, description = "1 to 100, 20 if not given"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of orders", body = OrderPage<'static>),
        (status = 403, description = "`forbidden`: these are another user's", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        ReadProblems,
    ))]
pub(crate) async fn by_user(
    app: web::Data<App>,
    caller: Caller,
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
    let ListOrders {
        state,
        limit,
        cursor,
    } = query.0;
    let after = super::read_cursor(scope_of(buyer, state), cursor.as_deref())?;
    let page = list_orders(&app, buyer, state, after, limit).await?;
    Ok(HttpResponse::Ok().json(OrderPage::from(&page)))
}
