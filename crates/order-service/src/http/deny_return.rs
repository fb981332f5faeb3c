//! POST /api/orders/{id}/returns/{rid}/deny.

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

/// That the items are not taken back.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct DenyReturn {
    /// Why. The buyer and operators see it.
    comment: Comment,
}

/// Do not agree to a return
///
/// For the seller of the part, and for operators. The buyer has some time to open a dispute about it, before the part is over.
#[utoipa::path(post, path = "/api/orders/{id}/returns/{rid}/deny", tag = "orders", operation_id = "denyReturn", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("rid" = ReturnId, Path, description = "The return's id", example = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4e"),
        MoveHeaders,
    ),
    request_body(content = DenyReturn, example = json!({"comment": "It was used"})),
    responses(
        (status = 200, description = "Denied", body = ReturnJson<'static>, headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: the buyer"),
        (status = 404, description = "`order_not_found`, `return_not_found`: it does not exist, or is of another seller's part"),
        (status = 409, description = "`move_not_allowed`: it is answered or over; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn deny_return(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<DenyReturn>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = return_of(path.into_inner())?;
    let comment = body.into_inner().comment.into_string();
    let moving = request.on("POST /api/orders/{id}/returns/{rid}/deny", &[Role::Seller]);
    let meaning = (order, id, comment.clone());
    let what = What::OfPart(At::Return(id), Move::DenyReturn { id, comment });
    let answer = return_answer(id, 200);
    moving.make(order, what, &meaning, answer).await
}
