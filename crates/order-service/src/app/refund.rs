//! Refunds money of a part, and waits for the wallet as placing an order waits for the saga.

use std::sync::Arc;
use std::time::Instant;

use kernel::{FulfilmentId, Money, OrderId, RefundId};
use store::idempotency::{Answered, OnceKey, Render, Repeatable, StoredAnswer};
use store::{StoreError, StoreResult};

use super::App;
use super::apply::refunded;
use super::create::Wait;
use super::make_moves::{Asked, Made, Refused, make_moves};
use crate::domain::Order;

/// Recorded facts that are read at a time to find what became of a refund.
const FACTS: i64 = 200;

/// A refund that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefundMade {
    /// Its id.
    pub(crate) id: RefundId,
    /// Of which order.
    pub(crate) order: OrderId,
    /// Of which part.
    pub(crate) fulfilment: FulfilmentId,
    /// How much the buyer gets.
    pub(crate) amount: Money,
    /// The commission that it gave back. None while the wallet has not answered.
    pub(crate) reversed: Option<Money>,
}

impl RefundMade {
    /// The refund `id` in `order`, of which the wallet knows nothing yet.
    fn pending(order: &Order, fulfilment: FulfilmentId, id: RefundId) -> StoreResult<Self> {
        let part = order.fulfilment(fulfilment);
        let pending = part.and_then(|part| part.pending_refund(id));
        let lost = || StoreError::Corrupt(format!("order {} has no refund {id}", order.id));
        Ok(Self {
            id,
            order: order.id,
            fulfilment,
            amount: Money::new(pending.ok_or_else(lost)?.amount(), order.total.currency),
            reversed: None,
        })
    }

    fn done(self, reversed: i64) -> Self {
        let reversed = Money::new(reversed, self.amount.currency);
        Self {
            reversed: Some(reversed),
            ..self
        }
    }
}

/// Makes the refund `id` of the part `fulfilment` that `asked` asks for; with `repeatable`, at most once for its key. Waits at most
/// `wait` for the order to be ready and for the wallet.
pub(crate) async fn refund_part(
    app: &App,
    asked: Asked,
    (fulfilment, id): (FulfilmentId, RefundId),
    repeatable: Option<Repeatable<RefundMade>>,
    wait: Wait,
) -> StoreResult<Answered<Result<RefundMade, Refused>>> {
    let until = wait.most().map(|most| Instant::now() + most);
    let waiting = app.waiting.refunded.wait_for(id);
    let key = repeatable.as_ref().map(|repeatable| Key {
        key: repeatable.key.clone(),
        render: repeatable.render.clone(),
    });
    let of_move = repeatable.map(|Repeatable { key, render }| Repeatable {
        key,
        render: as_pending(render, fulfilment, id),
    });
    let order = match make_moves(app, asked, of_move, wait).await? {
        Answered::First(Ok(made)) => made.order,
        Answered::First(Err(refused)) => return Ok(Answered::First(Err(refused))),
        Answered::Before(earlier) => return Ok(Answered::Before(earlier)),
    };
    let pending = RefundMade::pending(&order, fulfilment, id)?;
    let Some(until) = until else {
        return Ok(Answered::First(Ok(pending)));
    };
    let left = until.saturating_duration_since(Instant::now());
    let reversed = match waiting.told_within(left).await {
        Some(reversed) => Some(reversed),
        None => look(app, &order, fulfilment, id).await?,
    };
    let Some(reversed) = reversed else {
        return Ok(Answered::First(Ok(pending)));
    };
    let done = pending.done(reversed);
    if let Some(key) = key {
        key.answer(app, done).await?;
    }
    Ok(Answered::First(Ok(done)))
}

/// The answer that is stored with the move: the wallet has not answered yet.
fn as_pending(render: Render<RefundMade>, fulfilment: FulfilmentId, id: RefundId) -> Render<Made> {
    Arc::new(move |made: &Made| render(&RefundMade::pending(&made.order, fulfilment, id)?))
}

/// A request's key, and how its answer is rendered.
struct Key {
    key: OnceKey,
    render: Render<RefundMade>,
}

impl Key {
    /// Replaces the stored answer, since this request is answered after the wallet has answered.
    async fn answer(self, app: &App, done: RefundMade) -> StoreResult<()> {
        let answer: StoredAnswer = (self.render)(&done)?;
        let (key, now) = (self.key, app.clock.now());
        app.store
            .write(move |tx| {
                let (order, refund) = (done.order.as_uuid(), done.id.as_uuid());
                tx.answer_about(order, &key, refund, answer.clone(), now)
            })
            .await
    }
}

/// Whether the wallet has answered a refund meanwhile, and which commission it gave back. `made` is the order as the refund left it.
async fn look(
    app: &App,
    made: &Order,
    fulfilment: FulfilmentId,
    id: RefundId,
) -> StoreResult<Option<i64>> {
    let Some(order) = app.order(made.id).await? else {
        return Ok(None);
    };
    let part = order.fulfilment(fulfilment);
    if part.is_none_or(|part| part.pending_refund(id).is_some()) {
        return Ok(None);
    }
    let mut from = made.facts;
    loop {
        let facts = app.queries.facts(made.id, from, FACTS).await?;
        let found = facts
            .iter()
            .filter_map(refunded)
            .find(|(refund, _)| *refund == id);
        if let Some((_, reversed)) = found {
            return Ok(Some(reversed));
        }
        match facts.last() {
            Some(last) => from = last.number.saturating_add(1),
            None => return Ok(None),
        }
    }
}
