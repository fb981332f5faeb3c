//! Runs a request with an Idempotency-Key once: claims the key, and ends the claim if no order came of it.

use std::time::Duration;

use kernel::{OrderId, Timestamp};
use store::StoreResult;
use store::idempotency::{Claim, Earlier, OnceKey, StoredAnswer};

use super::App;
use crate::domain::Order;

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

/// How a claim ends that no order came of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClaimEnd {
    /// Nothing was done: the key is as if never used.
    Freed,
    /// It is unknown what was done for the order: a repeat may take the key over at once, and goes on with the same order.
    Expired,
    /// This is the answer, to each repeat as well.
    Answered(StoredAnswer),
}

/// Claims `key` for making the order `fresh`.
pub(crate) async fn claim(app: &App, key: OnceKey, fresh: OrderId) -> StoreResult<Claimed> {
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            // The answer to a request that made an order is kept with the order.
            if let Some(made) = tx.unanswered(&key, now)?
                && let Some(order) = tx.get::<Order>(&made.into())?
                && let Some(order) = order.as_answered()
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

/// Ends the claim that holds `until`. Changes nothing if it was taken over.
pub(crate) async fn end_claim(
    app: &App,
    key: OnceKey,
    until: Timestamp,
    end: ClaimEnd,
) -> StoreResult<()> {
    app.store
        .write(move |tx| match &end {
            ClaimEnd::Freed => tx.release_claim(&key, until),
            ClaimEnd::Expired => tx.expire_claim(&key, until),
            ClaimEnd::Answered(answer) => tx.answer_claimed(&key, until, answer.clone()),
        })
        .await
}
