//! What `POST /api/wallet/credit` and `POST /api/wallet/debit` have in common: reading an amount, and answering once.

use std::sync::Arc;

use actix_web::HttpResponse;
use kernel::{Currency, Money};
use platform_http::{FromJson, Integer, Problem, Reader, carry, first, stored, text};
use serde_json::Value;
use store::idempotency::{Answered, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};

use super::error::transfer_refused;
use super::shapes::TransactionBody;
use crate::app::{Repeatable, TransferOutcome};
use crate::domain::Reference;

/// Minor units a client names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amount(i64);

impl Amount {
    /// The amount in `currency`.
    pub(super) const fn in_currency(self, currency: Currency) -> Money {
        Money::new(self.0, currency)
    }
}

impl FromJson for Amount {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let Integer(amount) = Integer::from_json(value, pointer, reader)?;
        // The currency does not matter for the rule.
        reader
            .check(pointer, Money::positive(amount, Currency::USD))
            .map(|money| Self(money.amount))
    }
}

impl FromJson for Reference {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, |raw| Self::parse(&raw))
    }
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
