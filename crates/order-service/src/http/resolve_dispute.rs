//! POST /api/orders/{id}/disputes/{did}/resolve.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use kernel::{Currency, DisputeId, Invalid, Money, OrderId};
use platform_http::{Body, Faults, FieldError, Price, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::case_json::DisputeJson;
use super::cases::{MoveHeaders, dispute_answer, dispute_of};
use super::fields::Comment;
use super::moves::{MoveRequest, currency_of};
use crate::app::{At, What};
use crate::domain::{Move, Outcome, Resolution};

/// What an operator has decided.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ResolveDispute {
    /// How.
    outcome: Outcome,
    /// What the buyer gets: with `partial`, and only then. Without a currency, it is in that of the order.
    #[deserr(default)]
    amount: Option<Price>,
    /// Why. The buyer and the seller of the part see it.
    comment: Comment,
}

/// The decision, as far as the request says.
#[derive(Serialize)]
enum Decision {
    Refund,
    Release,
    Partial(i64, Option<Currency>),
}

impl Decision {
    /// There has to be an amount for one outcome alone.
    fn of(outcome: Outcome, amount: Option<Price>) -> Result<Self, Problem> {
        let fault = |code, detail| {
            let invalid = Invalid::new(code, detail);
            let error = FieldError::new("/amount", invalid);
            Err(Problem::validation(vec![error]))
        };
        match (outcome, amount) {
            (Outcome::Refund, None) => Ok(Self::Refund),
            (Outcome::Release, None) => Ok(Self::Release),
            (Outcome::Partial, Some(amount)) => {
                let (amount, currency) = amount.parts();
                Ok(Self::Partial(amount, currency))
            }
            (Outcome::Partial, None) => fault("required", "is required with this outcome"),
            (Outcome::Refund | Outcome::Release, Some(_)) => {
                fault("partial_only", "must not be there with this outcome")
            }
        }
    }
}

/// Decide a dispute
///
/// Role `admin`. `refund`: the buyer gets all that is left of the part; the goods stay where they are. `partial`: the buyer gets an amount.
/// `release`: all that was shipped counts as delivered, and the seller is paid now. After a refund the part goes on as before.
#[utoipa::path(post, path = "/api/orders/{id}/disputes/{did}/resolve", tag = "orders", operation_id = "resolveDispute", security(("bearer" = [])),
    params(
        ("id" = OrderId, Path, description = "The order's id", example = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d"),
        ("did" = DisputeId, Path, description = "The dispute's id", example = "0199f3a0-ab1c-7c3e-9d52-6f0c1a2b3c4d"),
        MoveHeaders,
    ),
    request_body(content = ResolveDispute, example = json!({"outcome": "partial", "amount": 500, "comment": "The crack is small"})),
    responses(
        (status = 200, description = "Decided; a refund is on its way", body = DisputeJson<'static>, headers(("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`forbidden`: the buyer or the seller"),
        (status = 404, description = "`order_not_found`, `dispute_not_found`: it does not exist, or the caller has no part in it"),
        (status = 409, description = "`move_not_allowed`: it is over; see `allowed`; `refund_exceeds`: less than that is left; see `left`; `order_not_ready`: not paid, or its stock is not sold yet; `limit_reached`: too many refunds on their way"),
        (status = 410, description = "`answer_erased`: a repeat; its first answer told of a person who has left"),
        (status = 412, description = "`precondition_failed`: the part has changed"),
        (status = 422, description = "`validation_failed`, also for another currency"),
    ))]
pub(crate) async fn resolve_dispute(
    request: MoveRequest,
    path: web::Path<(String, String)>,
    body: Body<ResolveDispute>,
) -> Result<HttpResponse, Problem> {
    let (order, id) = dispute_of(path.into_inner())?;
    let body = body.into_inner();
    let decision = Decision::of(body.outcome, body.amount)?;
    let comment = body.comment.into_string();
    // An operator decides as one, whether or not they have a part in the order.
    let moving = request.on("POST /api/orders/{id}/disputes/{did}/resolve", &[]);
    let meaning = (order, id, &decision, comment.clone());
    let resolution = match decision {
        Decision::Refund => Resolution::Refund,
        Decision::Release => Resolution::Release,
        Decision::Partial(amount, Some(currency)) => {
            Resolution::Partial(Money::new(amount, currency))
        }
        Decision::Partial(amount, None) => {
            Resolution::Partial(Money::new(amount, currency_of(&request.app, order).await?))
        }
    };
    let wanted = Move::ResolveDispute {
        id,
        resolution,
        comment,
    };
    let what = What::OfPart(At::Dispute(id), wanted);
    let answer = dispute_answer(id, 200);
    moving.make(order, what, &meaning, answer).await
}
