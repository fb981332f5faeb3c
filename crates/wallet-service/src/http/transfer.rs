//! What `POST /api/wallet/credit` and `POST /api/wallet/debit` have in common: reading a reference, and moving money once.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use kernel::UserId;
use platform_http::{
    Problem, answer_repeat, idempotency_key, json_answer, problem_answer, read_by_rule,
    send_stored, with_request_id,
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

/// The Idempotency-Key of a request from `user` to `route`, if it has one.
pub(super) fn once_key(
    request: &HttpRequest,
    user: UserId,
    route: &'static str,
    fingerprint: [u8; 32],
) -> Result<Option<OnceKey>, Problem> {
    let key = idempotency_key(request)?;
    Ok(key.map(|key| OnceKey {
        user,
        route,
        key,
        fingerprint,
    }))
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
