//! Applies messages to orders, as the saga has it, in one transaction.

use kernel::{MessageId, OrderId, Timestamp};
use store::{StoreResult, Tx};

use super::announcements::announce;
use super::{App, send};
use crate::domain::{Change, Message, Order, Timing, on};

/// A message for the saga of one order.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    /// Which order.
    pub(crate) order: OrderId,
    /// The id it came with: it is handled once. None for what the service tells itself.
    pub(crate) id: Option<MessageId>,
    /// What it says.
    pub(crate) message: Message,
}

/// What a message made of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The order as it is now; its saga came to an end with this very message.
    Settled(Box<Order>),
    /// The order as it is now.
    Changed(Box<Order>),
    /// Late, repeated, or about an order that is not here.
    Nothing,
}

/// Applies messages in one transaction, each in a savepoint of its own, and wakes the requests that wait for what has settled: here,
/// or at another replica if none waits here. Returns one result for each message, in order.
pub(crate) async fn apply_messages(
    app: &App,
    inbound: Vec<Inbound>,
) -> StoreResult<Vec<StoreResult<Applied>>> {
    let (timing, now) = (app.timing, app.clock.now());
    let results = app
        .store
        .write(move |tx| {
            tx.want::<Order>(inbound.iter().map(|inbound| inbound.order))?;
            tx.each(&inbound, |tx, inbound| apply(tx, inbound, now, &timing))
        })
        .await?;
    let mut unheard = Vec::new();
    for applied in results.iter().flatten() {
        if let Applied::Settled(order) = applied {
            app.metrics.settled(order, now);
            if !app.waiters.settled(order) {
                unheard.push(order.id);
            }
        }
    }
    if let Some(announcer) = &app.announcer
        && !unheard.is_empty()
    {
        announce(announcer, &unheard);
    }
    Ok(results)
}

fn apply(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    now: Timestamp,
    timing: &Timing,
) -> StoreResult<Applied> {
    let Inbound { order, id, message } = inbound;
    let Some(found) = tx.get::<Order>(order)? else {
        tracing::debug!(%order, ?message, "a message about an order that is not here");
        return Ok(Applied::Nothing);
    };
    if id.is_some_and(|id| found.handled.contains(&id)) {
        tx.handled_before();
        return Ok(Applied::Nothing);
    }
    let Change::To(mut after, command) = on(&found, *message, now, timing) else {
        tracing::debug!(%order, state = found.state.as_str(), ?message, "late or repeated");
        if let Some(id) = id {
            let mut told = Order::clone(&found);
            told.handled.push(*id);
            tx.put(told)?;
        }
        return Ok(Applied::Nothing);
    };
    after.handled.extend(*id);
    let settled = after.state.is_settled() && !found.state.is_settled();
    if settled {
        after.answer();
    }
    tx.put(Order::clone(&after))?;
    if let Some(command) = command {
        send(tx, &after, command, now)?;
    }
    Ok(if settled {
        Applied::Settled(after)
    } else {
        Applied::Changed(after)
    })
}
