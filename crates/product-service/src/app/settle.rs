//! Settles reservations for the order saga: sells the held stock of a paid order, returns that of a failed one.
//!
//! A confirmation is answered each time: `ReservationConfirmed` for stock that is sold, now or before, `ReservationExpired` for an order
//! that has nothing held or sold.

use kernel::{MessageId, OrderId, Timestamp};
use store::{StoreResult, Tx};

use super::App;
use super::stock::put_back;
use crate::domain::{Reservation, ReservationState};
use crate::events::Event;

/// A command of the order saga.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command {
    /// The message that it came in.
    pub(crate) message: MessageId,
    /// The order whose reservation it is about.
    pub(crate) order: OrderId,
    /// What to do with the stock.
    pub(crate) ask: Ask,
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The order is paid: sell its held stock.
    Confirm,
    /// The order failed: return its held stock.
    Release,
}

/// Settles the commands in one transaction. Returns one result for each, in order.
pub(crate) async fn settle_reservations(
    app: &App,
    commands: Vec<Command>,
) -> StoreResult<Vec<StoreResult<()>>> {
    let now = app.clock.now();
    let orders: Vec<OrderId> = commands.iter().map(|command| command.order).collect();
    let settled = app
        .store
        .write(move |tx| {
            tx.want::<Reservation>(commands.iter().map(|command| command.order))?;
            tx.want::<store::Handled>(commands.iter().map(|one| (one.order, one.message)))?;
            tx.each(&commands, |tx, command| match command.ask {
                Ask::Confirm => confirm(tx, command, now),
                Ask::Release => release(tx, command, now).map(|()| None),
            })
        })
        .await?;
    let results = orders.into_iter().zip(settled).map(|(order, result)| {
        if let Some(Event::ReservationExpired(_)) = result? {
            tracing::info!(%order, "confirmed too late: its stock has gone back");
        }
        Ok(())
    });
    Ok(results.collect())
}

/// Sells the held stock, and replies.
fn confirm(tx: &mut Tx<'_>, command: &Command, now: Timestamp) -> StoreResult<Option<Event>> {
    let order = command.order;
    let found = tx.get::<Reservation>(&order)?;
    let is_new = is_new(tx, found.as_deref(), command, now)?;
    let event = match found.as_ref().map(|found| (found, found.state)) {
        Some((held, ReservationState::Held)) if is_new => {
            tx.put(held.ended(ReservationState::Sold))?;
            Event::ReservationConfirmed(order)
        }
        Some((_, ReservationState::Sold)) => {
            tx.handled_before();
            Event::ReservationConfirmed(order)
        }
        // It has gone back, or there never was one. Or it is held and yet was confirmed before: that confirmation came first and was
        // refused. A refusal is final.
        Some(_) | None => Event::ReservationExpired(order),
    };
    tx.send(event.envelope(now))?;
    Ok(Some(event))
}

/// Returns the held stock.
fn release(tx: &mut Tx<'_>, command: &Command, now: Timestamp) -> StoreResult<()> {
    let found = tx.get::<Reservation>(&command.order)?;
    let is_new = is_new(tx, found.as_deref(), command, now)?;
    match found {
        Some(held) if is_new && held.state == ReservationState::Held => {
            put_back(tx, &held, ReservationState::Released, now)
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether `command` arrives for the first time. The state of a reservation refuses repeats, because nothing returns to `Held`. So the
/// inbox notes only commands that arrive before their reservation exists.
fn is_new(
    tx: &mut Tx<'_>,
    found: Option<&Reservation>,
    command: &Command,
    now: Timestamp,
) -> StoreResult<bool> {
    match found {
        None => tx.once(command.order, command.message, now),
        Some(_) => Ok(!tx.was_handled(command.order, command.message)?),
    }
}
