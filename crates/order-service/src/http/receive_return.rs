//! POST /api/orders/{id}/returns/{rid}/receive.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{LineId, OrderId, Quantity, ReturnId};
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::case_json::ReturnJson;
use super::cases::{MoveHeaders, return_answer, return_of};
use super::fields::{Comment, listed};
use super::moves::MoveRequest;
use crate::app::{At, What};
use crate::domain::{Move, Received, Role};

/// Items of a line that came back.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ReceivedItem {
    /// The line.
    line_id: LineId,
    /// How many.
    quantity: Quantity,
    /// Whether they go back into stock. Else they are written off.
    restock: bool,
}

/// What came back.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ReceiveReturn {
    /// The items: at most those that are still awaited. A line may be named twice, for items that go back into stock and others that do
    /// not.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ReceivedItem>,
    /// What an operator says about it. For operators only.
    #[deserr(default)]
    note: Option<Comment>,
}

/// Receive items of a return
///
/// For the seller of the part, and for operators. The items are refunded, and go back into stock or are written off. Items may be received
/// in several parcels; once all are, the return is over.
#[utoipa::path(post, path = "/api/orders/{id}/returns/{rid}/receive", tag = "orders", operation_id = "receiveReturn", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("rid" = ReturnId, Path, description = "The return's id", example = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4f"),
        MoveHeaders,
    ),
    request_body(content = ReceiveReturn, example = json!({"items": [{"lineId": "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4e", "quantity": 1, "restock": true}]})),
    responses(
        (status = 200, description = "Received; the refund is on its way", body = ReturnJson<'static>, headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: the buyer"),
        (status = 404, description = "`order_not_found`, `return_not_found`: it does not exist, or is of another seller's part"),
        (status = 409, description = "`move_not_allowed`: it is not approved, or more than is awaited; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many refunds on their way"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
        (status = 422, description = "`validation_failed`, also for a line of another part"),
    ))]
pub(crate) async fn receive_return(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<ReceiveReturn>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = return_of(path.into_inner())?;
    let body = body.into_inner();
    let note = request.note(body.note)?;
    let items: Vec<Received> = listed(body.items, |item| Received {
        line: item.line_id,
        quantity: item.quantity,
        restock: item.restock,
    })?;
    let moving = request
        .on(
            "POST /api/orders/{id}/returns/{rid}/receive",
            &[Role::Seller],
        )
        .naming(items.iter().map(|item| item.line));
    let received = items.iter();
    let received = received.map(|item| (item.line, item.quantity, item.restock));
    let meaning = (order, id, received.collect::<Vec<_>>(), note.clone());
    let what = What::OfPart(At::Return(id), Move::ReceiveReturn { id, items, note });
    let answer = return_answer(id, 200);
    moving.make(order, what, &meaning, answer).await
}
