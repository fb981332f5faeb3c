//! What `POST /api/wallet/credit` and `POST /api/wallet/debit` have in common: reading a reference, and moving money once.

use std::sync::Arc;

use actix_web::HttpResponse;
use platform_http::{
    Problem, answer_repeat, json_answer, problem_answer, read_by_rule, send_stored, with_request_id,
};
use store::StoreResult;
use store::idempotency::{Answered, OnceKey, StoredAnswer};

use super::error::transfer_refused;
use super::shapes::TransactionBody;
use crate::app::{self, App, Repeatable, TransferOutcome};
use crate::domain::{Movement, Reference};

read_by_rule! {
    Reference: String => |raw| Self::parse(&raw);
}

/// Moves money, or answers as the first request with this key was answered.
pub(super) async fn transfer(
    app: &App,
    movement: Movement,
    key: Option<OnceKey>,
) -> Result<HttpResponse, Problem> {
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
