//! POST /api/orders/{id}/disputes.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{DisputeId, FulfilmentId, OrderId};
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::case_json::DisputeJson;
use super::cases::{MoveHeaders, dispute_answer};
use super::error::order_not_found;
use super::fields::Comment;
use super::moves::MoveRequest;
use crate::app::What;
use crate::domain::{DisputeReason, Move, Role};

/// What an operator is to decide.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OpenDispute {
    /// The part.
    fulfilment_id: FulfilmentId,
    /// What it is about.
    reason: DisputeReason,
    /// What the buyer says about it. The seller of the part and operators see it.
    comment: Comment,
}

/// Ask an operator to decide
///
/// For the buyer, and for operators: while the part is shipped or delivered. Until an operator has decided, or the buyer withdraws it, the
/// seller is not paid. An open return of the part ends with it. A decision is final.
#[utoipa::path(post, path = "/api/orders/{id}/disputes", tag = "orders", operation_id = "openDispute", security(("bearer" = [])),
    params(("id" = OrderId, Path, description = "The order's id"), MoveHeaders),
    request_body(content = OpenDispute, example = json!({"fulfilmentId": "0199f3a0-8b1c-7c3e-9d52-6f0c1a2b3c4d", "reason": "not_received", "comment": "It never arrived"})),
    responses(
        (status = 201, description = "Opened; an operator is to decide", body = DisputeJson<'static>, headers(("Location" = String, description = "The order"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: a seller in the order"),
        (status = 404, description = "`order_not_found`, `fulfilment_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: not now, or there is or was one; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many disputes"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn open_dispute(
    request: MoveRequest,
    id: web::Path<String>,
    body: Body<OpenDispute>,
) -> Result<HttpResponse, Problem> {
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let body = body.into_inner();
    let (part, reason) = (body.fulfilment_id, body.reason);
    let comment = body.comment.into_string();
    let moving = request.on("POST /api/orders/{id}/disputes", &[Role::Buyer]);
    let meaning = (order, part, reason, comment.clone());
    let id = DisputeId::new(&*request.app.ids);
    let wanted = Move::OpenDispute {
        id,
        reason,
        comment,
    };
    let what = What::OfPart(part.into(), wanted);
    let answer = dispute_answer(id, 201);
    moving.make(order, what, &meaning, answer).await
}
