//! POST /api/orders/{id}/disputes/{did}/comments.

use actix_web::{HttpResponse, web};
use kernel::{DisputeId, OrderId};
use platform_http::{Body, Problem};

use super::case_json::DisputeJson;
use super::cases::{MoveHeaders, WriteComment, dispute_answer, dispute_of};
use super::moves::MoveRequest;
use crate::app::{What, name_of};
use crate::domain::{CaseId, Role, Said};

/// Comment on a dispute
///
/// Allowed for the buyer, the seller of the part and operators. Only they see the comments. The dispute must be open: neither decided nor
/// withdrawn.
#[utoipa::path(post, path = "/api/orders/{id}/disputes/{did}/comments", tag = "orders", operation_id = "commentOnDispute", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("did" = DisputeId, Path, description = "The dispute's id", example = "0199f3a0-ab1c-7c3e-9d52-6f0c1a2b3c4d"),
        MoveHeaders,
    ),
    request_body(content = WriteComment, example = json!({"text": "The tracking number is that of another package"})),
    responses(
        (status = 201, description = "Said; the dispute with its comments", body = DisputeJson<'static>, headers(("Location" = String, description = "The order"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 404, description = "`order_not_found`, `dispute_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: it is over; see `allowed`; `limit_reached`: the caller's side has written too many comments on the returns and disputes of the part"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
    ))]
pub(crate) async fn comment_dispute(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<WriteComment>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = dispute_of(path.into_inner())?;
    let text = body.into_inner().text.into_string();
    let moving = request.on(
        "POST /api/orders/{id}/disputes/{did}/comments",
        &[Role::Buyer, Role::Seller],
    );
    let meaning = (order, id, text.clone());
    let name = name_of(&request.app, request.caller.user).await?;
    let what = What::Comment(CaseId::Dispute(id), Said { text, name });
    let answer = dispute_answer(id, 201);
    moving.make(order, what, &meaning, answer).await
}
