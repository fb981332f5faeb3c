//! POST /api/orders/{id}/returns/{rid}/approve.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{OrderId, ReturnId};
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::case_json::ReturnJson;
use super::cases::{MoveHeaders, return_answer, return_of};
use super::fields::Comment;
use super::moves::MoveRequest;
use crate::app::{At, What};
use crate::domain::{Move, Role};

/// That the items may be sent back.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ApproveReturn {
    /// What the seller says about it, for example where to send them. The buyer and operators see it.
    #[deserr(default)]
    comment: Option<Comment>,
}

/// Agree to a return
///
/// For the seller of the part, and for operators. The buyer sends the items back; if none are received for some time, the return ends.
#[utoipa::path(post, path = "/api/orders/{id}/returns/{rid}/approve", tag = "orders", operation_id = "approveReturn", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("rid" = ReturnId, Path, description = "The return's id"),
        MoveHeaders,
    ),
    request_body(content = ApproveReturn, example = json!({"comment": "Please send it back"})),
    responses(
        (status = 200, description = "Approved", body = ReturnJson<'static>, headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: the buyer"),
        (status = 404, description = "`order_not_found`, `return_not_found`: it does not exist, or is of another seller's part"),
        (status = 409, description = "`move_not_allowed`: it is answered or over; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn approve_return(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<ApproveReturn>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = return_of(path.into_inner())?;
    let comment = body.into_inner().comment.map(Comment::into_string);
    let moving = request.on(
        "POST /api/orders/{id}/returns/{rid}/approve",
        &[Role::Seller],
    );
    let meaning = (order, id, comment.clone());
    let what = What::OfPart(At::Return(id), Move::ApproveReturn { id, comment });
    let answer = return_answer(id, 200);
    moving.make(order, what, &meaning, answer).await
}
