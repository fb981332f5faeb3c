//! POST /api/orders/{id}/fulfilments/{fid}/cancel.

use actix_web::{HttpResponse, web};
use kernel::{FulfilmentId, OrderId, RefundId};
use platform_http::{Body, Problem};

use super::cancel::CancelItems;
use super::cases::MoveHeaders;
use super::error::order_not_found;
use super::moves::{MoveRequest, fulfilment_not_found, order_answer};
use super::order_json::OrderJson;
use crate::app::What;
use crate::domain::{Move, Role};

/// Cancel what is not shipped of one part
///
/// For the seller of the part, and for operators. The money goes back to the buyer's wallet, and the stock to the seller.
#[utoipa::path(post, path = "/api/orders/{id}/fulfilments/{fid}/cancel", tag = "orders", operation_id = "cancelFulfilment", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("fid" = FulfilmentId, Path, description = "The part's id"),
        MoveHeaders,
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
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<CancelItems>,
) -> Result<HttpResponse, Problem> {
    let (id, fid) = path.into_inner();
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let part: FulfilmentId = fid.parse().map_err(|_| fulfilment_not_found())?;
    let (items, reason) = body.into_inner().read()?;
    let named = items.iter().flatten().map(|(line, _)| *line);
    let moving = request
        .on(
            "POST /api/orders/{id}/fulfilments/{fid}/cancel",
            &[Role::Seller],
        )
        .naming(named);
    let meaning = (order, part, items.clone(), reason.clone());
    let cancel = Move::Cancel {
        items,
        reason: Some(reason),
        refund: RefundId::new(&*request.app.ids),
    };
    let what = What::OfPart(part.into(), cancel);
    moving.make(order, what, &meaning, order_answer).await
}
