//! What operators do with orders that are stuck: list, retry, compensate.

use actix_web::{HttpResponse, web};
use auth::{Caller, Listing, operators_only};
use kernel::{Limit, OrderId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use uuid::Uuid;

use super::error::{NOT_POSSIBLE_NOW, order_not_found};
use super::order_json::{OrderJson, OrderPage};
use crate::app::{App, Applied, Audience, orders_to_review, review_order, review_scope};
use crate::domain::ReviewAction;

/// The query of the list.
pub(crate) struct ListReview {
    limit: Limit,
    cursor: Option<Uuid>,
}

impl QueryReader for ListReview {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let limit = params.limit();
        let cursor = params.cursor(review_scope());
        Some(Self {
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List orders that need an operator
///
/// Oldest first. Lists orders that have not settled within the time that the saga should take, and orders where a service
/// refused a command. Role `admin`.
#[utoipa::path(get, path = "/api/orders/review", tag = "orders", operation_id = "listOrdersToReview", security(("bearer" = [])),
    params(
        ("limit" = inline(Option<Limit>), Query, description = "Most orders on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of orders", body = OrderPage<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(crate) async fn list(
    app: web::Data<App>,
    Listing(caller): Listing,
    query: Query<ListReview>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let page = orders_to_review(&app, query.0.cursor, query.0.limit).await?;
    let page = OrderPage::of(&page, Audience::Operator, &app.timing)?;
    Ok(HttpResponse::Ok().json(page))
}

/// Send an order's outstanding commands again
///
/// Those of its saga and of each part, refused ones included. Safe at any time: a resent command has the same id. Role `admin`.
#[utoipa::path(post, path = "/api/orders/{id}/retry", tag = "orders", operation_id = "retryOrder", security(("bearer" = [])),
    params(("id" = OrderId, Path, description = "The order's id")),
    responses(
        (status = 200, description = "Sent", body = OrderJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`order_not_found`"),
        (status = 409, description = "`not_possible_in_this_state`: nothing is outstanding"),
    ))]
pub(crate) async fn retry(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    act(&app, &caller, &id, ReviewAction::Retry).await
}

/// Undo an order
///
/// Cancels an unpaid order. Of a paid order, refunds what is left of each part, and puts what was not shipped back into stock. Role `admin`.
#[utoipa::path(post, path = "/api/orders/{id}/compensate", tag = "orders", operation_id = "compensateOrder", security(("bearer" = [])),
    params(("id" = OrderId, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The compensation has started", body = OrderJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`order_not_found`"),
        (status = 409, description = "`not_possible_in_this_state`: it is settled, or no money is left of it"),
    ))]
pub(crate) async fn compensate(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    act(&app, &caller, &id, ReviewAction::Compensate).await
}

async fn act(
    app: &App,
    caller: &Caller,
    id: &str,
    action: ReviewAction,
) -> Result<HttpResponse, Problem> {
    operators_only(caller)?;
    let id = id.parse().map_err(|_| order_not_found())?;
    let (before, applied) = review_order(app, id, action, caller.user)
        .await?
        .ok_or_else(order_not_found)?;
    match applied {
        Applied::Changed(order) | Applied::Settled(order) => {
            let order = OrderJson::of(&order, Audience::Operator, &app.timing)?;
            Ok(HttpResponse::Ok().json(order))
        }
        Applied::Nothing => Err(Problem::new(
            &NOT_POSSIBLE_NOW,
            format!("The order is {}.", before.state.as_str()),
        )),
    }
}
