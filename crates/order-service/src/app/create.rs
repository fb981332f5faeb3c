//! Places an order: hold the stock, store the order with the command that starts its saga, wait a while for the saga to settle.

use std::time::Duration;

use kernel::{OrderId, Timestamp, UserId};
use store::idempotency::{Claim, Earlier, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};
use telemetry::note_order;

use super::App;
use super::waiters::Place;
use crate::domain::{Command, Order, OrderLine, Wanted, total_of};
use crate::reservations::{ReservationRefusal, ReservationRequest};
use crate::store::{Answer, KeepSubject};

/// A request holds its idempotency key for this long: longer than it may wait for the saga.
const CLAIM: Duration = Duration::from_secs(45);

/// How long a request waits for the saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    No,
    /// Until settled, at most so long.
    AtMost(Duration),
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
    /// The order as it was when the wait was over.
    Order(Box<Order>),
    /// The answer that was stored with the request's key.
    Stored(StoredAnswer),
    /// The key was used before.
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
    refusal: fn(&ReservationRefusal) -> Option<StoredAnswer>,
) -> Result<Created, CreateRefusal> {
    let fresh = OrderId::new(&*app.ids);
    let Some(Once { key, request }) = once else {
        let order = reserve(app, fresh, buyer, wanted, None).await?;
        let waiting = app.waiters.wait_for(fresh);
        app.store
            .place(order.clone(), vec![Command::DebitForOrder], Answer::Later)
            .await?;
        app.metrics.placed();
        return Ok(Created::Order(Box::new(
            settled(app, order, waiting, wait).await?,
        )));
    };
    let (id, until) = match app
        .store
        .claim(key.clone(), fresh, app.clock.now(), CLAIM)
        .await?
    {
        Claim::Earlier(earlier) => return Ok(Created::Before(earlier)),
        Claim::Mine { subject, until } => (OrderId::from_uuid(subject), until),
    };
    // An earlier run of this request may have died after it stored the order.
    if id != fresh
        && let Some(order) = app.store.order(id).await?
    {
        let waiting = app.waiters.wait_for(id);
        let order = app.store.order(id).await?.unwrap_or(order);
        return keyed(app, order, waiting, wait).await;
    }
    let order = match reserve(app, id, buyer, wanted, Some(request)).await {
        Ok(order) => order,
        Err(error) => return refuse(app, key, until, error, refusal).await,
    };
    let waiting = app.waiters.wait_for(id);
    let answer = match wait {
        Wait::No => Answer::Now,
        Wait::AtMost(_) => Answer::Later,
    };
    let placed = app
        .store
        .place(order.clone(), vec![Command::DebitForOrder], answer)
        .await;
    match placed {
        Ok(()) => app.metrics.placed(),
        // Another run of this request, which took the claim over, was faster.
        Err(StoreError::Duplicate(_)) => {}
        Err(error) => {
            app.store.give_up(key, until, KeepSubject::Yes).await?;
            return Err(error.into());
        }
    }
    keyed(app, order, waiting, wait).await
}

async fn reserve(
    app: &App,
    id: OrderId,
    buyer: UserId,
    wanted: Wanted,
    request: Option<String>,
) -> Result<Order, ReservationRefusal> {
    note_order(id);
    let reservation = ReservationRequest {
        order: id,
        buyer,
        lines: wanted.lines().to_vec(),
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
    let total = total_of(&lines).ok_or(ReservationRefusal::TotalTooLarge)?;
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

/// Ends a request with a key that came to no order: what the buyer was told is remembered if it is to be.
async fn refuse(
    app: &App,
    key: OnceKey,
    until: Timestamp,
    error: ReservationRefusal,
    refusal: fn(&ReservationRefusal) -> Option<StoredAnswer>,
) -> Result<Created, CreateRefusal> {
    if let Some(answer) = refusal(&error) {
        app.store.refuse(key, until, answer.clone()).await?;
        return Ok(Created::Stored(answer));
    }
    let keep_subject = match &error {
        ReservationRefusal::Unavailable(_) | ReservationRefusal::Failed(_) => KeepSubject::Yes,
        ReservationRefusal::OutOfStock(_)
        | ReservationRefusal::UnknownProducts(_)
        | ReservationRefusal::OwnProducts(_)
        | ReservationRefusal::MixedCurrencies
        | ReservationRefusal::TotalTooLarge
        | ReservationRefusal::Over => KeepSubject::No,
    };
    app.store.give_up(key, until, keep_subject).await?;
    Err(error.into())
}

/// Waits for a request with a key. Whoever is first, the saga or the end of the wait, says what is answered, now and ever after.
async fn keyed(
    app: &App,
    order: Order,
    waiting: Place,
    wait: Wait,
) -> Result<Created, CreateRefusal> {
    let order = settled(app, order, waiting, wait).await?;
    let answer = (app.render)(&order);
    let stands = app.store.answer(order).await?;
    Ok(Created::Stored(stands.unwrap_or(answer)))
}

async fn settled(app: &App, order: Order, waiting: Place, wait: Wait) -> StoreResult<Order> {
    let limit = match wait {
        Wait::AtMost(limit) if !order.state.is_settled() => limit,
        Wait::AtMost(_) | Wait::No => return Ok(order),
    };
    match waiting.settled_within(limit).await {
        Some(settled) => Ok(settled),
        None => Ok(app.store.order(order.id).await?.unwrap_or(order)),
    }
}
