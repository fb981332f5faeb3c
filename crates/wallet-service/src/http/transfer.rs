//! What `POST /api/wallet/credit` and `POST /api/wallet/debit` have in common: reading a reference, and answering once.

use std::sync::Arc;

use actix_web::HttpResponse;
use platform_http::{Problem, carry, first, read_by_rule, stored};
use store::idempotency::{Answered, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};

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
        render: Arc::new(carry(|outcome: &TransferOutcome| render(outcome))),
    }
}

fn render(outcome: &TransferOutcome) -> StoreResult<StoredAnswer> {
    Ok(match outcome {
        Ok(entry) => StoredAnswer {
            status: 201,
            location: None,
            etag: None,
            body: serde_json::to_vec(&TransactionBody::from(entry))
                .map_err(|error| StoreError::Corrupt(error.to_string()))?,
        },
        Err(refusal) => {
            let problem = transfer_refused(*refusal);
            StoredAnswer {
                status: problem.kind().status,
                location: None,
                etag: None,
                body: problem.document(),
            }
        }
    })
}

/// The answer to a transfer, made now or before.
pub(super) fn answer(outcome: Answered<TransferOutcome>) -> Result<HttpResponse, Problem> {
    match outcome {
        Answered::First(outcome) => Ok(first(render(&outcome)?)),
        Answered::Before(earlier) => stored(earlier),
    }
}
