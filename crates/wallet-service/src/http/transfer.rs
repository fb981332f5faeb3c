//! What `POST /api/wallet/credit` and `POST /api/wallet/debit` have in common: reading a reference, and moving money once.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use kernel::UserId;
use platform_http::{
    Problem, answer_repeat, json_answer, once_key, problem_answer, read_by_rule, send_stored,
    with_request_id,
};
use store::StoreResult;
use store::idempotency::{Answered, Repeatable, StoredAnswer};

use super::error::transfer_refused;
use super::shapes::TransactionBody;
use crate::app::{self, App, TransferOutcome};
use crate::domain::{Movement, Reference};

read_by_rule! {
    Reference: String => |raw| Self::parse(&raw);
}

/// Moves money for `caller`, or answers as the first request with its key was answered.
pub(super) async fn transfer(
    app: &App,
    request: &HttpRequest,
    caller: UserId,
    route: &'static str,
    movement: Movement,
) -> Result<HttpResponse, Problem> {
    let Movement {
        owner,
        money,
        reference,
        ..
    } = &movement;
    let meaning = (owner, money, reference.as_ref().map(Reference::as_str));
    let key = once_key(request, caller, route, &meaning)?;
    let repeatable = key.map(|key| Repeatable {
        key,
        render: Arc::new(with_request_id(|outcome: &TransferOutcome| render(outcome))),
    });
    match app::transfer(app, movement, repeatable).await? {
        Answered::First(outcome) => Ok(send_stored(render(&outcome)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn render(outcome: &TransferOutcome) -> StoreResult<StoredAnswer> {
    match outcome {
        Ok(entry) => json_answer(201, &TransactionBody::from(entry)),
        Err(refusal) => problem_answer(&transfer_refused(*refusal)),
    }
}
