//! GET /api/orders/{id}.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::{Caller, Role};
use kernel::OrderId;
use platform_http::{Problem, conditional, etag, etag_of_view};

use super::error::order_not_found;
use super::order_json::OrderJson;
use crate::app::{App, Audience, Viewed, view_order};

/// Show an order
///
/// The buyer sees the whole order, a seller only their own lines and their own part. Other users get 404.
#[utoipa::path(get, path = "/api/orders/{id}", tag = "orders", operation_id = "showOrder", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the version that the client has; 304 if it has not changed"),
    ),
    responses(
        (status = 200, description = "The order", body = OrderJson<'static>, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already", headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "`order_not_found`: it does not exist, or the caller has no part in it"),
    ))]
pub(crate) async fn show(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| order_not_found())?;
    let Viewed { order, audience } = view_order(&app, id, caller.user, caller.has(Role::Admin))
        .await?
        .ok_or_else(order_not_found)?;
    let tag = match audience {
        Audience::Seller(seller) => etag_of_view(order.version, seller),
        Audience::Buyer | Audience::Operator => etag(order.version),
    };
    conditional(
        &request,
        tag,
        &OrderJson::of(&order, audience, &app.timing)?,
    )
}
