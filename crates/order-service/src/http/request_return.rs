//! POST /api/orders/{id}/returns.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{FulfilmentId, OrderId, ReturnId};
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::case_json::ReturnJson;
use super::cases::{MoveHeaders, return_answer};
use super::error::order_not_found;
use super::fields::{Comment, ItemRequest, items};
use super::moves::MoveRequest;
use crate::app::What;
use crate::domain::{Move, ReturnReason, Role};

/// What the buyer wants to send back.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RequestReturn {
    /// The part.
    fulfilment_id: FulfilmentId,
    /// The items: of those that were shipped and not refunded.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ItemRequest>,
    /// Why.
    reason: ReturnReason,
    /// What the buyer says about it. The seller of the part and operators see it.
    #[deserr(default)]
    comment: Option<Comment>,
}

/// Ask to send items back
///
/// For the buyer, and for operators: from the delivery of the part to the end of its window, if its seller takes returns. A part has one
/// open return or dispute at a time. The seller approves or denies it; until they have received the items the buyer can withdraw it.
#[utoipa::path(post, path = "/api/orders/{id}/returns", tag = "orders", operation_id = "requestReturn", security(("bearer" = [])),
    params(("id" = OrderId, Path, description = "The order's id"), MoveHeaders),
    request_body(content = RequestReturn, example = json!({"fulfilmentId": "0199f3a0-8b1c-7c3e-9d52-6f0c1a2b3c4d",
        "items": [{"lineId": "0199f3a0-8b1c-7c3e-9d52-6f0c1a2b3c4e", "quantity": 1}], "reason": "damaged", "comment": "The shade has a crack"})),
    responses(
        (status = 201, description = "Requested; the seller is to answer", body = ReturnJson<'static>, headers(("Location" = String, description = "The order"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: a seller in the order"),
        (status = 404, description = "`order_not_found`, `fulfilment_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: not now, too late, not taken back by the seller, or more than the buyer has; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many returns"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
        (status = 422, description = "`validation_failed`, also for a line of another part"),
    ))]
pub(crate) async fn request_return(
    request: MoveRequest,
    id: web::Path<String>,
    body: Body<RequestReturn>,
) -> Result<HttpResponse, Problem> {
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let body = body.into_inner();
    let items = items(body.items)?;
    let (part, reason) = (body.fulfilment_id, body.reason);
    let comment = body.comment.map(Comment::into_string);
    let moving = request
        .on("POST /api/orders/{id}/returns", &[Role::Buyer])
        .naming(items.iter().map(|(line, _)| *line));
    let meaning = (order, part, items.clone(), reason, comment.clone());
    let id = ReturnId::new(&*request.app.ids);
    let wanted = Move::RequestReturn {
        id,
        items,
        reason,
        comment,
    };
    let what = What::OfPart(part.into(), wanted);
    let answer = return_answer(id, 201);
    moving.make(order, what, &meaning, answer).await
}
