//! POST /api/orders/{id}/returns/{rid}/withdraw.

use actix_web::{HttpResponse, web};
use kernel::{OrderId, ReturnId};
use platform_http::{Body, Problem};

use super::case_json::ReturnJson;
use super::cases::{MoveHeaders, Withdraw, return_answer, return_of};
use super::moves::MoveRequest;
use crate::app::{At, What};
use crate::domain::{Move, Role};

/// Withdraw a return
///
/// For the buyer, and for operators, until all of it is received. What was received stays received and refunded.
#[utoipa::path(post, path = "/api/orders/{id}/returns/{rid}/withdraw", tag = "orders", operation_id = "withdrawReturn", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("rid" = ReturnId, Path, description = "The return's id"),
        MoveHeaders,
    ),
    request_body(content = Withdraw, example = json!({})),
    responses(
        (status = 200, description = "Withdrawn", body = ReturnJson<'static>, headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: a seller in the order"),
        (status = 404, description = "`order_not_found`, `return_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: it is over; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn withdraw_return(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<Withdraw>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = return_of(path.into_inner())?;
    let note = request.note(body.into_inner().note)?;
    let moving = request.on(
        "POST /api/orders/{id}/returns/{rid}/withdraw",
        &[Role::Buyer],
    );
    let meaning = (order, id, note.clone());
    let what = What::OfPart(At::Return(id), Move::WithdrawReturn { id, note });
    let answer = return_answer(id, 200);
    moving.make(order, what, &meaning, answer).await
}
