//! Moves orders along: by time, and by an operator.

use kernel::{OrderId, UserId};
use store::{StoreError, StoreResult};

use super::App;
use super::apply::{Applied, Inbound, apply_messages};
use crate::domain::{Actor, Message, Order, ReviewAction, Role};

/// Orders that a sweep moves in one transaction.
const SWEEP: usize = 256;

/// Lets orders whose time has come act: deadline, resends, the timers of their parts. Returns how many were due.
pub(crate) async fn sweep(app: &App) -> StoreResult<usize> {
    let mut swept = 0;
    loop {
        let now = app.clock.now();
        let due = app.queries.due(now, SWEEP).await?;
        if swept == 0 {
            let overdue = due.first().map(|first| now.since(first.since));
            app.metrics.overdue(overdue.unwrap_or_default());
        }
        let due: Vec<OrderId> = due.into_iter().map(|due| due.order).collect();
        if due.is_empty() {
            return Ok(swept);
        }
        let moved = telemetry::sweeping("sweep orders", &due, tick_orders(app, &due)).await?;
        swept += due.len();
        // An order that is due and does not move would be swept endlessly: leave it to the next run.
        if due.len() < SWEEP || !moved {
            return Ok(swept);
        }
    }
}

/// Looks at what is open, for the metrics.
pub(crate) async fn look_at_open(app: &App) -> StoreResult<()> {
    let open = app.queries.open().await?;
    app.metrics.open(&open, app.clock.now());
    Ok(())
}

/// Ticks orders in one transaction. Returns whether any of them moved. One that fails is logged; it stays due.
async fn tick_orders(app: &App, due: &[OrderId]) -> StoreResult<bool> {
    let ticks = due.iter().map(|order| Inbound {
        order: *order,
        id: None,
        message: Message::Tick,
    });
    let results = apply_messages(app, ticks.collect()).await?;
    let mut moved = false;
    for (order, result) in due.iter().zip(results) {
        match result {
            Ok(applied) => moved |= applied != Applied::Nothing,
            Err(error) => tracing::error!(%order, %error, "an order that is due cannot act"),
        }
    }
    Ok(moved)
}

/// Does what an operator decided about an order. None if there is no such order.
pub(crate) async fn review_order(
    app: &App,
    id: OrderId,
    action: ReviewAction,
    operator: UserId,
) -> StoreResult<Option<(Order, Applied)>> {
    let Some(before) = app.order(id).await? else {
        return Ok(None);
    };
    let message = Inbound {
        order: id,
        id: None,
        message: Message::Review(action, Actor::user(Role::Admin, operator)),
    };
    let applied = apply_messages(app, vec![message]).await?.pop();
    let lost = || StoreError::Unavailable("the write has no result".to_owned());
    Ok(Some((before, applied.ok_or_else(lost)??)))
}
