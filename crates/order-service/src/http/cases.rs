//! What the routes of returns and disputes have in common: their ids, their headers, their answers.

use deserr::Deserr;
use kernel::{DisputeId, OrderId, ReturnId};
use platform_http::{Faults, Problem, json_answer};
use store::idempotency::StoredAnswer;
use store::{StoreError, StoreResult};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::case_json::{DisputeJson, ReturnJson};
use super::error::order_not_found;
use super::fields::Comment;
use super::moves::{dispute_not_found, return_not_found};
use crate::app::Made;
use crate::domain::Timing;

/// That the buyer no longer wants it.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct Withdraw {
    /// What an operator says about it. For operators only.
    #[deserr(default)]
    pub(super) note: Option<Comment>,
}

/// A comment on a return or a dispute.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct WriteComment {
    /// The text. The buyer, the seller of the part and operators see it.
    pub(super) text: Comment,
}

/// The headers of a move of a part, for the API document.
pub(super) struct MoveHeaders;

impl IntoParams for MoveHeaders {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name: &str, pattern: Option<&str>, example: Option<&str>, text: &str| {
            let value = ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(pattern);
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(utoipa::openapi::Required::False)
                .description(Some(text))
                .schema(Some(value))
                .example(example.map(Into::into))
                .build()
        };
        vec![
            header(
                "Idempotency-Key",
                Some("^[!-~]{1,255}$"),
                None,
                "A repeat with the same key gets the first answer, for 48 hours",
            ),
            header(
                "If-Match",
                None,
                Some("*"),
                "The part's version as an ETag, or `*`: 412 if it has changed",
            ),
            header(
                "Prefer",
                None,
                Some("wait=5"),
                "`wait=N` or `respond-async` (RFC 7240): how long to wait for an order that is not ready yet",
            ),
        ]
    }
}

/// The order and the return that a path names.
pub(super) fn return_of((order, id): (String, String)) -> Result<(OrderId, ReturnId), Problem> {
    let order = order.parse().map_err(|_| order_not_found())?;
    let id = id.parse().map_err(|_| return_not_found())?;
    Ok((order, id))
}

/// The order and the dispute that a path names.
pub(super) fn dispute_of((order, id): (String, String)) -> Result<(OrderId, DisputeId), Problem> {
    let order = order.parse().map_err(|_| order_not_found())?;
    let id = id.parse().map_err(|_| dispute_not_found())?;
    Ok((order, id))
}

/// Answers a move of a return with the return as it is then.
pub(super) fn return_answer(
    id: ReturnId,
    status: u16,
) -> impl Fn(&Made, &Timing) -> StoreResult<StoredAnswer> + Clone + Send + Sync + 'static {
    move |made, _| {
        let order = &made.order;
        let mut returns = order.fulfilments.iter().flat_map(|part| &part.returns);
        let found = returns.find(|back| back.id == id);
        let lost = || StoreError::Corrupt(format!("order {} has no return {id}", order.id));
        let answer = json_answer(status, &ReturnJson::of(order, found.ok_or_else(lost)?)?)?;
        Ok(located(answer, order.id))
    }
}

/// Answers a move of a dispute with the dispute as it is then.
pub(super) fn dispute_answer(
    id: DisputeId,
    status: u16,
) -> impl Fn(&Made, &Timing) -> StoreResult<StoredAnswer> + Clone + Send + Sync + 'static {
    move |made, _| {
        let order = &made.order;
        let mut disputes = order.fulfilments.iter().flat_map(|part| &part.disputes);
        let found = disputes.find(|dispute| dispute.id == id);
        let lost = || StoreError::Corrupt(format!("order {} has no dispute {id}", order.id));
        let answer = json_answer(status, &DisputeJson::of(order, found.ok_or_else(lost)?))?;
        Ok(located(answer, order.id))
    }
}

/// An answer to a request that made something says where that is: in the order.
fn located(answer: StoredAnswer, order: OrderId) -> StoredAnswer {
    let is_new = answer.status == 201;
    StoredAnswer {
        location: is_new.then(|| format!("/api/orders/{order}")),
        ..answer
    }
}
