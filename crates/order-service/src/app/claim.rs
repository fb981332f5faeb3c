//! Runs a request with an Idempotency-Key once: claims the key, and says what is left of the claim if no order came of it.

use std::time::Duration;

use kernel::{OrderId, Timestamp};
use store::StoreResult;
use store::idempotency::{Claim, Earlier, OnceKey, StoredAnswer};

use super::App;
use crate::domain::Order;
use crate::records::OrderRecord;

/// How long a claim holds: longer than a request may wait for the saga.
pub(super) const CLAIM: Duration = Duration::from_secs(45);

/// What a claim came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// Run the request.
    Mine {
        /// The order to make: a new one, or that of an earlier run that did not finish.
        order: OrderId,
        /// Until when the claim holds. It also fences the claim: after a takeover this time matches no more.
        until: Timestamp,
    },
    /// An earlier run made this order. Its answer is the order as it is here.
    Answered(Box<Order>),
    /// An earlier run made no order, runs still, or had another body.
    Earlier(Earlier),
}

/// What remains of a claim that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepSubject {
    /// It is unknown what was done for the order: a repeat has to go on with the same one.
    Yes,
    /// Nothing was done.
    No,
}

/// Claims `key` for making the order `fresh`.
pub(crate) async fn claim(app: &App, key: OnceKey, fresh: OrderId) -> StoreResult<Claimed> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            // The answer to a request that made an order is kept with the order.
            if let Some(made) = tx.unanswered(&key, now)?
                && let Some(record) = tx.get::<OrderRecord>(&made.into())?
                && let Some(order) = record.as_answered()
            {
                return Ok(Claimed::Answered(Box::new(order)));
            }
            Ok(match tx.claim(&key, fresh.as_uuid(), now, CLAIM)? {
                Claim::Mine { subject, until } => Claimed::Mine {
                    order: subject.into(),
                    until,
                },
                Claim::Earlier(earlier) => Claimed::Earlier(earlier),
            })
        })
        .await
}

/// Gives up the claim that holds `until`. The key is then as if never used, or a repeat may take it over at once for the same order.
/// Changes nothing if the claim was taken over.
pub(crate) async fn give_up(
    app: &App,
    key: OnceKey,
    until: Timestamp,
    keep_subject: KeepSubject,
) -> StoreResult<()> {
    app.store
        .write(move |tx| match keep_subject {
            KeepSubject::Yes => tx.expire_claim(&key, until),
            KeepSubject::No => tx.release_claim(&key, until),
        })
        .await
}

/// Stores the answer to a request that made no order. Changes nothing if its claim, which holds `until`, was taken over.
pub(crate) async fn refuse(
    app: &App,
    key: OnceKey,
    until: Timestamp,
    answer: StoredAnswer,
) -> StoreResult<()> {
    app.store
        .write(move |tx| tx.answer_claimed(&key, until, answer.clone()))
        .await
}
