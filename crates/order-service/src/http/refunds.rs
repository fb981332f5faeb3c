//! POST /api/orders/{id}/refunds.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{Currency, FulfilmentId, Invalid, Money, OrderId, RefundId};
use platform_http::{
    Body, Faults, FieldError, Prefer, Price, Problem, answer_repeat, json_answer, prefer,
    send_stored,
};
use serde::Serialize;
use store::StoreResult;
use store::idempotency::{Answered, StoredAnswer};
use utoipa::ToSchema;

use super::error::order_not_found;
use super::fields::{ItemRequest, Why, items};
use super::moves::{MoveRequest, currency_of};
use crate::app::{RefundMade, What, refund_part};
use crate::domain::{Items, Move, RefundOf, Role};

/// What to refund: items, or an amount.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RefundRequest {
    /// The part.
    fulfilment_id: FulfilmentId,
    /// The items whose price goes back, as far as it is left. Those that are not shipped are cancelled.
    #[deserr(default)]
    #[schema(min_items = 1, max_items = 100)]
    items: Option<Vec<ItemRequest>>,
    /// The amount that goes back. Without a currency, it is in that of the order.
    #[deserr(default)]
    amount: Option<Price>,
    /// Why.
    reason: Why,
    /// Whether the items go back into stock. Without a word, those go back that were not shipped.
    #[deserr(default)]
    restock: Option<bool>,
}

/// What a refund is for, as far as the request says.
#[derive(Serialize)]
enum Wanted {
    Items(Items),
    Amount(i64, Option<Currency>),
}

impl RefundRequest {
    /// What it is for.
    fn wanted(
        items_of: Option<Vec<ItemRequest>>,
        amount: Option<Price>,
        restock: Option<bool>,
    ) -> Result<Wanted, Problem> {
        let fault = |pointer, code, detail| {
            let invalid = Invalid::new(code, detail);
            Err(Problem::validation(vec![FieldError::new(pointer, invalid)]))
        };
        match (items_of, amount) {
            (Some(_), Some(_)) => fault(
                "/amount",
                "not_with_items",
                "must not be there beside items",
            ),
            (Some(list), None) => items(list).map(Wanted::Items),
            (None, Some(_)) if restock.is_some() => {
                fault("/restock", "items_only", "must not be there without items")
            }
            (None, Some(amount)) => {
                let (amount, currency) = amount.parts();
                Ok(Wanted::Amount(amount, currency))
            }
            (None, None) => fault("/items", "required", "is required, or an amount"),
        }
    }
}

/// A refund.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Refund)]
pub(crate) struct RefundJson {
    /// Its id.
    id: RefundId,
    /// The part.
    fulfilment_id: FulfilmentId,
    /// What the buyer gets back.
    amount: Money,
    /// What the platform gives back of its commission. Not known while it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    commission_reversed: Option<Money>,
    /// Whether the money is with the buyer.
    status: RefundStatus,
}

/// Whether the money of a refund is with the buyer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RefundStatus {
    /// It is on its way.
    Pending,
    /// It has arrived.
    Done,
}

/// Refund items or an amount
///
/// For the seller of the part, and for operators. Nothing has to come back. Answers when the money is with the buyer: by default within
/// two seconds, else with 202 and the pending refund. What is refunded of a part never exceeds what it cost, however many refunds are
/// made at the same time.
#[utoipa::path(post, path = "/api/orders/{id}/refunds", tag = "orders", operation_id = "refundPart", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "A repeat with the same key refunds nothing and gets the first answer, for 48 hours"),
        ("If-Match" = Option<String>, Header, description = "The part's version as an ETag, or `*`: 412 if it has changed", example = "*"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` or `respond-async` (RFC 7240)", example = "wait=5"),
    ),
    request_body(content = RefundRequest, example = json!({"fulfilmentId": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "amount": 500, "reason": "A scratch"})),
    responses(
        (status = 201, description = "The buyer has the money", body = RefundJson, headers(("Location" = String, description = "The order"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 202, description = "On its way", body = RefundJson, headers(("Location" = String, description = "The order"), ("Preference-Applied" = String, description = "`respond-async`, if it was requested"))),
        (status = 403, description = "`forbidden`: the buyer"),
        (status = 404, description = "`order_not_found`, `fulfilment_not_found`: it does not exist, or is another seller's"),
        (status = 409, description = "`refund_exceeds`: less than that is left, or fewer items; see `left`; `move_not_allowed`: not now; see `allowed`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many refunds on their way"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
        (status = 422, description = "`validation_failed`, also for a line of another part and for another currency"),
    ))]
pub(crate) async fn refund(
    request: MoveRequest,
    id: web::Path<String>,
    body: Body<RefundRequest>,
) -> Result<HttpResponse, Problem> {
    let order: OrderId = id.parse().map_err(|_| order_not_found())?;
    let body = body.into_inner();
    let (part, reason) = (body.fulfilment_id, body.reason.into_string());
    let wanted = RefundRequest::wanted(body.items, body.amount, body.restock)?;
    let lines = match &wanted {
        Wanted::Items(items) => items.iter().map(|(line, _)| *line).collect(),
        Wanted::Amount(..) => Vec::new(),
    };
    let moving = request
        .on("POST /api/orders/{id}/refunds", &[Role::Seller])
        .naming(lines);
    let meaning = (order, part, &wanted, &reason, body.restock);
    let repeatable = moving.repeatable(&meaning, render)?;
    let refund = RefundId::new(&*request.app.ids);
    let what = Move::Refund {
        id: refund,
        what: match wanted {
            Wanted::Items(items) => RefundOf::Items(items),
            Wanted::Amount(amount, Some(currency)) => {
                RefundOf::Amount(Money::new(amount, currency))
            }
            Wanted::Amount(amount, None) => RefundOf::Amount(
                // An order has one currency and never changes it.
                Money::new(amount, currency_of(&request.app, order).await?),
            ),
        },
        reason: Some(reason),
        restock: body.restock,
    };
    let asked = moving.asked(order, What::OfPart(part.into(), what))?;
    let made = refund_part(
        &request.app,
        asked,
        (part, refund),
        repeatable,
        moving.wait(),
    )
    .await?;
    let mut response = match made {
        Answered::First(Ok(made)) => send_stored(render(&made)?),
        Answered::First(Err(refused)) => return Err(moving.problem(refused)),
        Answered::Before(earlier) => return answer_repeat(earlier),
    };
    if prefer(&request.http) == Prefer::RespondAsync {
        response.headers_mut().insert(
            header::HeaderName::from_static("preference-applied"),
            HeaderValue::from_static("respond-async"),
        );
    }
    Ok(response)
}

fn render(refund: &RefundMade) -> StoreResult<StoredAnswer> {
    let (code, status) = match refund.reversed {
        Some(_) => (201, RefundStatus::Done),
        None => (202, RefundStatus::Pending),
    };
    let body = RefundJson {
        id: refund.id,
        fulfilment_id: refund.fulfilment,
        amount: refund.amount,
        commission_reversed: refund.reversed,
        status,
    };
    Ok(StoredAnswer {
        location: Some(format!("/api/orders/{}", refund.order)),
        ..json_answer(code, &body)?
    })
}
