//! POST /api/orders/{id}/disputes/{did}/withdraw.

use actix_web::{HttpResponse, web};
use kernel::{DisputeId, OrderId};
use platform_http::{Body, Problem};

use super::case_json::DisputeJson;
use super::cases::{MoveHeaders, Withdraw, dispute_answer, dispute_of};
use super::moves::MoveRequest;
use crate::app::{At, What};
use crate::domain::{Move, Role};

/// Withdraw a dispute
///
/// For the buyer, and for operators, until it is decided. The part goes on as if there had been none.
#[utoipa::path(post, path = "/api/orders/{id}/disputes/{did}/withdraw", tag = "orders", operation_id = "withdrawDispute", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("did" = DisputeId, Path, description = "The dispute's id", example = "0199f3a0-ab1c-7c3e-9d52-6f0c1a2b3c4e"),
        MoveHeaders,
    ),
    request_body(content = Withdraw, example = json!({})),
    responses(
        (status = 200, description = "Withdrawn", body = DisputeJson<'static>, headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: a seller in the order"),
        (status = 404, description = "`order_not_found`, `dispute_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: it is over; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn withdraw_dispute(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<Withdraw>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = dispute_of(path.into_inner())?;
    let note = request.note(body.into_inner().note)?;
    let moving = request.on(
        "POST /api/orders/{id}/disputes/{did}/withdraw",
        &[Role::Buyer],
    );
    let meaning = (order, id, note.clone());
    let what = What::OfPart(At::Dispute(id), Move::WithdrawDispute { id, note });
    let answer = dispute_answer(id, 200);
    moving.make(order, what, &meaning, answer).await
}
