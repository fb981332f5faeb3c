//! Places an order: hold the stock, store the order with the command that starts its saga, wait a while for the saga to settle.

use std::time::Duration;

use contracts::reservations::{Refusal, ReserveRequest};
use kernel::{OrderId, UserId};
use store::idempotency::{Earlier, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};
use telemetry::note_order;

use super::App;
use super::claim::{ClaimEnd, Claimed, claim, end_claim};
use super::place::{answer, place};
use super::waiters::Place;
use crate::domain::{Order, OrderLine, Wanted, total_of};
use crate::reservations::ReservationRefusal;

/// How long a request waits for the saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    No,
    /// Until settled, at most so long.
    AtMost(Duration),
}

impl Wait {
    /// How long to wait for `order`, if at all.
    const fn limit(self, order: &Order) -> Option<Duration> {
        match self {
            Self::AtMost(limit) if !order.state.is_settled() => Some(limit),
            Self::AtMost(_) | Self::No => None,
        }
    }
}

/// What makes a request run once.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    /// Its key.
    pub(crate) key: OnceKey,
    /// Its id, which its answer names whenever it is given.
    pub(crate) request: String,
}

/// What a request to place an order came to.
#[derive(Debug)]
pub(crate) enum Created {
    /// The order as it was when the wait was over. If the request came with a key, each repeat of it is answered the same.
    Placed(Box<Order>),
    /// The refusal that is now stored with the key.
    Refused(StoredAnswer),
    /// The order as an earlier request with the key was answered.
    Repeated(Box<Order>),
    /// An earlier request with the key made no order, runs still, or had another body.
    Before(Earlier),
}

/// Why no order was placed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateRefusal {
    /// The product service refused.
    #[error(transparent)]
    Reservation(#[from] ReservationRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Places an order of `wanted` for `buyer`; with `once`, at most once for its key. `refusal` renders the refusals that are
/// remembered with a key.
pub(crate) async fn create_order(
    app: &App,
    buyer: UserId,
    wanted: Wanted,
    once: Option<Once>,
    wait: Wait,
    refusal: fn(&ReservationRefusal) -> StoreResult<Option<StoredAnswer>>,
) -> Result<Created, CreateRefusal> {
    let fresh = OrderId::new(&*app.ids);
    let Some(Once { key, request }) = once else {
        let order = reserve(app, fresh, buyer, wanted, None).await?;
        let waiting = app.waiters.wait_for(fresh);
        place(app, order.clone()).await?;
        let order = settled(app, order, waiting, wait).await?;
        return Ok(Created::Placed(Box::new(order)));
    };
    let (id, until) = match claim(app, key.clone(), fresh).await? {
        Claimed::Mine { order, until } => (order, until),
        Claimed::Answered(order) => return Ok(Created::Repeated(order)),
        Claimed::Earlier(earlier) => return Ok(Created::Before(earlier)),
    };
    let waiting = app.waiters.wait_for(id);
    // An earlier run of this request may have died after it stored the order.
    if id != fresh
        && let Some(order) = app.order(id).await?
    {
        return keyed(app, &order, waiting, wait).await;
    }
    let mut order = match reserve(app, id, buyer, wanted, Some(request)).await {
        Ok(order) => order,
        Err(error) => {
            let remembered = refusal(&error)?;
            let end = match (&remembered, &error) {
                (Some(answer), _) => ClaimEnd::Answered(answer.clone()),
                (None, ReservationRefusal::Refused(_)) => ClaimEnd::Freed,
                (None, _) => ClaimEnd::Expired,
            };
            end_claim(app, key, until, end).await?;
            return remembered.map(Created::Refused).ok_or_else(|| error.into());
        }
    };
    if wait == Wait::No {
        order.answer();
    }
    match place(app, order.clone()).await {
        // A duplicate: another run of this request, which took the claim over, was faster.
        Ok(()) | Err(StoreError::Duplicate(_)) => {}
        Err(error) => {
            end_claim(app, key, until, ClaimEnd::Expired).await?;
            return Err(error.into());
        }
    }
    keyed(app, &order, waiting, wait).await
}

async fn reserve(
    app: &App,
    id: OrderId,
    buyer: UserId,
    wanted: Wanted,
    request: Option<String>,
) -> Result<Order, ReservationRefusal> {
    note_order(id);
    let reservation = ReserveRequest {
        order: id,
        buyer,
        lines: wanted.lines().to_vec(),
        expected_total: wanted.expected_total(),
    };
    let lines: Vec<OrderLine> = app
        .reservations
        .reserve(reservation)
        .await?
        .into_iter()
        .map(|line| OrderLine {
            product: line.product,
            seller: line.seller,
            name: line.name,
            unit_price: line.unit_price,
            quantity: line.quantity,
        })
        .collect();
    let total = total_of(&lines).ok_or(Refusal::TotalTooLarge)?;
    Ok(Order::place(
        id,
        buyer,
        lines,
        total,
        request,
        app.clock.now(),
        &app.timing,
    ))
}

/// Waits for a request with a key. The saga or the end of the wait, whichever comes first, fixes the answer for good.
async fn keyed(
    app: &App,
    order: &Order,
    waiting: Place,
    wait: Wait,
) -> Result<Created, CreateRefusal> {
    if let Some(limit) = wait.limit(order) {
        waiting.settled_within(limit).await;
    }
    let answered = answer(app, order.id).await?;
    let lost = || StoreError::Corrupt(format!("order {} is gone or has no key", order.id));
    Ok(Created::Placed(Box::new(answered.ok_or_else(lost)?)))
}

/// Waits for a request without a key.
async fn settled(app: &App, order: Order, waiting: Place, wait: Wait) -> StoreResult<Order> {
    let Some(limit) = wait.limit(&order) else {
        return Ok(order);
    };
    match waiting.settled_within(limit).await {
        Some(settled) => Ok(settled),
        None => Ok(app.order(order.id).await?.unwrap_or(order)),
    }
}
