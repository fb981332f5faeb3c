//! POST /api/orders/{id}/fulfilments/{fid}/cancel.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use kernel::{FulfilmentId, OrderId, RefundId};
use platform_http::{Body, Problem};

use super::cancel::CancelItems;
use super::error::order_not_found;
use super::moves::{MoveRequest, fulfilment_not_found, order_answer};
use super::order_json::OrderJson;
use crate::app::{App, What};
use crate::domain::{Move, Role};

/// Cancel what is not shipped of one part
///
/// For the seller of the part, and for operators. The money goes back to the buyer's wallet, and the stock to the seller.
#[utoipa::path(post, path = "/api/orders/{id}/fulfilments/{fid}/cancel", tag = "orders", operation_id = "cancelFulfilment", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("fid" = FulfilmentId, Path, description = "The part's id"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "A repeat with the same key gets the first answer, for 48 hours"),
        ("If-Match" = Option<String>, Header, description = "The part's version as an ETag, or `*`: 412 if it has changed", example = "*"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` or `respond-async` (RFC 7240): how long to wait for an order that is not ready yet", example = "wait=5"),
    ),
    request_body(content = CancelItems, example = json!({"reason": "Out of lamps"})),
    responses(
        (status = 200, description = "Cancelled; the refund is on its way", body = OrderJson<'static>, headers(("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: the buyer"),
        (status = 404, description = "`order_not_found`, `fulfilment_not_found`: it does not exist, or is another seller's"),
        (status = 409, description = "`move_not_allowed`: not now, or more than is left; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many refunds on their way"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
        (status = 422, description = "`validation_failed`, also for a line of another part"),
    ))]
pub(crate) async fn cancel_part(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: Body<CancelItems>,
) -> Result<HttpResponse, Problem> {
    let (id, fid) = path.into_inner();
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let part: FulfilmentId = fid.parse().map_err(|_| fulfilment_not_found())?;
    let (items, reason) = body.into_inner().read()?;
    let named = items.iter().flatten().map(|(line, _)| *line);
    let moving = MoveRequest {
        app: &app,
        caller: &caller,
        request: &request,
        route: "POST /api/orders/{id}/fulfilments/{fid}/cancel",
        roles: &[Role::Seller],
        lines: named.collect(),
    };
    let meaning = (order, part, items.clone(), reason.clone());
    let cancel = Move::Cancel {
        items,
        reason: Some(reason),
        refund: RefundId::new(&*app.ids),
    };
    let what = What::OfPart(part.into(), cancel);
    moving.make(order, what, &meaning, order_answer).await
}
