//! Moves orders along: by what other services say, by time, and by an operator.

use chassis::store::StoreResult;
use kernel::OrderId;

use super::App;
use crate::domain::{Message, Order, ReviewAction};
use crate::store::{Applied, Inbound};

/// Orders that a sweeper moves in one transaction.
const SWEEP: usize = 256;

/// Tells orders what came in for them, in one transaction, and wakes the requests that wait for them.
pub(crate) async fn settle_orders(app: &App, inbound: Vec<Inbound>) -> StoreResult<Vec<Applied>> {
    let applied = app.store.apply(inbound, app.clock.now()).await?;
    for applied in &applied {
        if let Applied::Changed(order) = applied
            && order.state.is_settled()
        {
            app.waiters.settled(order);
        }
    }
    Ok(applied)
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
        let ticks = due
            .into_iter()
            .map(|order| Inbound {
                order,
                id: None,
                message: Message::Tick,
            })
            .collect();
        let applied = settle_orders(app, ticks).await?;
        swept += count;
        // An order that is due and does not move would be swept for ever: leave it to the next turn.
        let moved = applied.iter().any(|applied| *applied != Applied::Nothing);
        if !full || !moved {
            return Ok(swept);
        }
    }
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
