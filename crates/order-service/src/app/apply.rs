//! Applies messages to orders, as the saga has it, in one transaction.

use kernel::{MessageId, OrderId, RefundId, Timestamp};
use store::{StoreResult, Tx};

use super::App;
use super::announcements::{News, announce};
use super::save::{Mails, save};
use crate::domain::{Change, Fact, Happened, Message, Moved, Order, Timing, on};

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

/// What else a message made happen.
#[derive(Debug, Default)]
struct Besides {
    /// Its stock is sold with this very message.
    confirmed: Option<OrderId>,
    /// What was added to its timeline.
    facts: Vec<Fact>,
}

/// Applies messages in one transaction, each in a savepoint of its own, and wakes the requests that wait for what has happened: here,
/// or at another replica if none waits here. Returns one result for each message, in order.
pub(crate) async fn apply_messages(
    app: &App,
    inbound: Vec<Inbound>,
) -> StoreResult<Vec<StoreResult<Applied>>> {
    let (timing, now, mails) = (app.timing, app.clock.now(), app.mails);
    let results = app
        .store
        .write(move |tx| {
            tx.want::<Order>(inbound.iter().map(|inbound| inbound.order))?;
            tx.each(&inbound, |tx, inbound| {
                apply(tx, inbound, now, &timing, mails)
            })
        })
        .await?;
    let mut unheard = News::default();
    for (applied, besides) in results.iter().flatten() {
        tell(app, applied, besides, now, &mut unheard);
    }
    if let Some(announcer) = &app.announcer
        && !unheard.is_empty()
    {
        announce(announcer, &unheard);
    }
    Ok(results
        .into_iter()
        .map(|result| result.map(|(applied, _)| applied))
        .collect())
}

/// Wakes the requests that wait here for what has happened. What none waits for here is added to `unheard`.
fn tell(app: &App, applied: &Applied, besides: &Besides, now: Timestamp, unheard: &mut News) {
    if let Applied::Settled(order) = applied {
        app.metrics.settled(order, now);
        if !app.waiting.settled.tell(order.id, order) {
            unheard.settled.push(order.id);
        }
    }
    if let Some(order) = besides.confirmed {
        // Moves that wait at other replicas look again by themselves: each order is confirmed, and next to none is waited for.
        app.waiting.confirmed.tell(order, &());
    }
    app.metrics.happened(&besides.facts);
    for (refund, reversed) in besides.facts.iter().filter_map(refunded) {
        if !app.waiting.refunded.tell(refund, &reversed) {
            unheard.refunded.push((refund, reversed));
        }
    }
}

/// The refund whose money is with the buyer, if this fact says so, and the commission that it gave back.
pub(super) fn refunded(fact: &Fact) -> Option<(RefundId, i64)> {
    let is_refunded = fact.what == Happened::Refunded;
    let refund = fact.details.refund_id.filter(|_| is_refunded)?;
    Some((refund, fact.details.commission_reversed.unwrap_or(0)))
}

fn apply(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    now: Timestamp,
    timing: &Timing,
    mails: Mails,
) -> StoreResult<(Applied, Besides)> {
    let Inbound { order, id, message } = inbound;
    let nothing = Ok((Applied::Nothing, Besides::default()));
    let Some(found) = tx.get::<Order>(order)? else {
        tracing::debug!(%order, ?message, "a message about an order that is not here");
        return nothing;
    };
    let noted = id.filter(|_| message.is_noted());
    if noted.is_some_and(|id| found.handled.contains(&id)) {
        tx.handled_before();
        return nothing;
    }
    let Change::To(moved) = on(&found, message, now, timing) else {
        tracing::debug!(%order, state = found.state.as_str(), ?message, "late or repeated");
        if let Some(id) = noted {
            let mut told = Order::clone(&found);
            told.handled.push(id);
            tx.put(told)?;
        } else if id.is_some() {
            tx.handled_before();
        }
        return nothing;
    };
    let Moved {
        order: mut after,
        commands,
        mut facts,
    } = moved;
    after.handled.extend(noted);
    let settled = after.state.is_settled() && !found.state.is_settled();
    if settled {
        after.answer();
    }
    save(tx, &found, &after, &commands, &facts, now, mails)?;
    facts.extend(completed(&found, &after));
    let besides = Besides {
        confirmed: (after.confirmed && !found.confirmed).then_some(after.id),
        facts,
    };
    let applied = if settled {
        Applied::Settled(after)
    } else {
        Applied::Changed(after)
    };
    Ok((applied, besides))
}

/// The completion of parts, which has no record.
fn completed(before: &Order, after: &Order) -> Vec<Fact> {
    let count = |order: &Order| {
        let parts = order.fulfilments.iter();
        parts.filter(|part| part.completed.is_some()).count()
    };
    if count(before) == count(after) {
        return Vec::new();
    }
    let mut facts = after.own_facts();
    facts.retain(|fact| fact.what == Happened::Complete && fact.number >= before.facts);
    facts
}
