//! POST /api/orders/{id}/cancel.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::OrderId;
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::error::order_not_found;
use super::fields::{ItemRequest, Why, items};
use super::moves::{MoveRequest, order_answer};
use super::order_json::OrderJson;
use crate::app::What;
use crate::domain::{Items, Role};

/// What to cancel.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct CancelItems {
    /// The items. All that are not shipped, if there is no list.
    #[deserr(default)]
    #[schema(min_items = 1, max_items = 100)]
    items: Option<Vec<ItemRequest>>,
    /// Why.
    reason: Why,
}

impl CancelItems {
    /// The items, if it names any, and the reason.
    pub(super) fn read(self) -> Result<(Option<Items>, String), Problem> {
        let items = self.items.map(items).transpose()?;
        Ok((items, self.reason.into_string()))
    }
}

/// Cancel what is not shipped
///
/// For the buyer. Cancels items of any part of the order: their money goes back to the buyer's wallet, and their stock to the sellers.
/// Items that are named are cancelled all or none; without a list, all that is not shipped is. Operators may do this, too. Sellers
/// cancel in their own part.
#[utoipa::path(post, path = "/api/orders/{id}/cancel", tag = "orders", operation_id = "cancelOrder", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "A repeat with the same key gets the first answer, for 48 hours"),
        ("If-Match" = Option<String>, Header, description = "The order's version as an ETag, or `*`: 412 if it has changed"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` or `respond-async` (RFC 7240): how long to wait for an order that is not ready yet", example = "wait=5"),
    ),
    request_body(content = CancelItems, example = json!({"reason": "Ordered by mistake"})),
    responses(
        (status = 200, description = "Cancelled; refunds are on their way", body = OrderJson<'static>, headers(("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: a seller in the order"),
        (status = 404, description = "`order_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: not now, or more than is left; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many refunds on their way"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: it has changed"),
        (status = 422, description = "`validation_failed`, also for a line of another order"),
    ))]
pub(crate) async fn cancel(
    request: MoveRequest,
    id: web::Path<String>,
    body: Body<CancelItems>,
) -> Result<HttpResponse, Problem> {
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let (items, reason) = body.into_inner().read()?;
    let named = items.iter().flatten().map(|(line, _)| *line);
    let moving = request
        .on("POST /api/orders/{id}/cancel", &[Role::Buyer])
        .naming(named);
    let meaning = (order, items.clone(), reason.clone());
    let what = What::CancelItems { items, reason };
    moving.make(order, what, &meaning, order_answer).await
}
