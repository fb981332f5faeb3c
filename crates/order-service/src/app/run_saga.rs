//! Moves orders along: by what other services say, by time, and by an operator.

use kernel::OrderId;
use store::{StoreError, StoreResult};

use super::App;
use crate::domain::{Message, Order, ReviewAction};
use crate::store::{Applied, Inbound};

/// Orders that a sweeper moves in one transaction.
const SWEEP: usize = 256;

/// Tells orders what came in for them, in one transaction, and wakes the requests that wait for them: here, or, as nobody here does,
/// perhaps at another replica.
pub(crate) async fn settle_orders(app: &App, inbound: Vec<Inbound>) -> StoreResult<Vec<Applied>> {
    let now = app.clock.now();
    let applied = app.store.apply(inbound, now).await?;
    for applied in &applied {
        if let Applied::Settled(order) = applied {
            app.metrics.settled(order, now);
        }
    }
    let unheard: Vec<OrderId> = applied
        .iter()
        .filter_map(|applied| match applied {
            Applied::Settled(order) => (!app.waiters.settled(order)).then_some(order.id),
            Applied::Changed(_) | Applied::Nothing => None,
        })
        .collect();
    if let Some(announcements) = &app.announcements
        && !unheard.is_empty()
    {
        announcements.announce(unheard);
    }
    Ok(applied)
}

/// Wakes the requests that wait here for orders that another replica says have settled.
pub(crate) async fn orders_settled_elsewhere(app: &App, orders: Vec<OrderId>) -> StoreResult<()> {
    let awaited = app.waiters.awaited(orders);
    if awaited.is_empty() {
        return Ok(());
    }
    for order in app.store.orders(awaited).await? {
        if order.state.is_settled() {
            app.waiters.settled(&order);
        }
    }
    Ok(())
}

/// Lets orders whose time has come act: deadline, resend, release of escrow. Returns how many were due.
pub(crate) async fn sweep(app: &App) -> StoreResult<usize> {
    let mut swept = 0;
    loop {
        let due = app.store.due(app.clock.now(), SWEEP).await?;
        let (count, full) = (due.len(), due.len() == SWEEP);
        if count == 0 {
            return Ok(swept);
        }
        let applied = telemetry::sweeping("sweep orders", &due, tick_orders(app, &due)).await?;
        swept += count;
        // An order that is due and does not move would be swept for ever: leave it to the next turn.
        let moved = applied.iter().any(|applied| *applied != Applied::Nothing);
        if !full || !moved {
            return Ok(swept);
        }
    }
}

/// Looks at what is open, for the metrics.
pub(crate) async fn look_at_open(app: &App) -> StoreResult<()> {
    let (unsettled, to_review) =
        tokio::try_join!(app.store.unsettled(), app.store.count_to_review())?;
    app.metrics.open(&unsettled, to_review, app.clock.now());
    Ok(())
}

/// Ticks orders in one transaction. If one of them cannot be, each stands alone, so that the rest goes on.
async fn tick_orders(app: &App, due: &[OrderId]) -> StoreResult<Vec<Applied>> {
    let tick = |order: &OrderId| Inbound {
        order: *order,
        id: None,
        message: Message::Tick,
    };
    match settle_orders(app, due.iter().map(tick).collect()).await {
        Err(StoreError::Conflict(_) | StoreError::Duplicate(_) | StoreError::Corrupt(_)) => {}
        done_or_unavailable => return done_or_unavailable,
    }
    let mut applied = Vec::with_capacity(due.len());
    for order in due {
        match settle_orders(app, vec![tick(order)]).await {
            Ok(one) => applied.extend(one),
            Err(StoreError::Unavailable(reason)) => return Err(StoreError::Unavailable(reason)),
            Err(error) => tracing::error!(%order, %error, "this order cannot act by itself"),
        }
    }
    Ok(applied)
}

/// Does what an operator decided about an order. None if there is no such order.
pub(crate) async fn review_order(
    app: &App,
    id: OrderId,
    action: ReviewAction,
) -> StoreResult<Option<(Order, Applied)>> {
    let Some(before) = app.store.order(id).await? else {
        return Ok(None);
    };
    let message = Inbound {
        order: id,
        id: None,
        message: Message::Review(action),
    };
    let applied = settle_orders(app, vec![message]).await?;
    Ok(Some((
        before,
        applied.into_iter().next().unwrap_or(Applied::Nothing),
    )))
}
