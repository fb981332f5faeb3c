//! What `POST /api/wallet/credit` and `POST /api/wallet/debit` have in common: reading a reference, and answering once.

use std::sync::Arc;

use actix_web::HttpResponse;
use platform_http::{
    Problem, answer_repeat, json_answer, problem_answer, read_by_rule, send_stored, with_request_id,
};
use store::StoreResult;
use store::idempotency::{Answered, OnceKey, StoredAnswer};

use super::error::transfer_refused;
use super::shapes::TransactionBody;
use crate::app::{Repeatable, TransferOutcome};
use crate::domain::Reference;

read_by_rule! {
    Reference: String => |raw| Self::parse(&raw);
}

/// A request that came with a key.
pub(super) fn repeatable(key: OnceKey) -> Repeatable {
    Repeatable {
        key,
        render: Arc::new(with_request_id(|outcome: &TransferOutcome| render(outcome))),
    }
}

fn render(outcome: &TransferOutcome) -> StoreResult<StoredAnswer> {
    match outcome {
        Ok(entry) => json_answer(201, &TransactionBody::from(entry)),
        Err(refusal) => problem_answer(&transfer_refused(*refusal)),
    }
}

/// The answer to a transfer, made now or before.
pub(super) fn answer(outcome: Answered<TransferOutcome>) -> Result<HttpResponse, Problem> {
    match outcome {
        Answered::First(outcome) => Ok(send_stored(render(&outcome)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}
