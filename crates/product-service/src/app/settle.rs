//! Settles reservations for the order saga: sells the held stock of a paid order, returns that of a failed one, and takes back what was
//! sold ([`return_stock`]).
//!
//! A confirmation is answered each time: `ReservationConfirmed` for stock that is sold, now or before, `ReservationExpired` for an order
//! that has nothing held or sold.

use kernel::{OrderId, Timestamp};
use store::{StoreResult, Tx};

use super::App;
use super::command::{Ask, Command, is_new};
use super::return_stock::return_stock;
use super::stock::put_back;
use crate::domain::{Reservation, ReservationState};
use crate::events::Event;
use crate::records::StockReturn;

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
            tx.want::<StockReturn>(commands.iter().filter_map(Command::return_key))?;
            tx.each(&commands, |tx, command| match &command.ask {
                Ask::Confirm => confirm(tx, command, now).map(Some),
                Ask::Release => release(tx, command, now).map(|()| None),
                Ask::Return(asked) => return_stock(tx, command, asked, now).map(Some),
            })
        })
        .await?;
    let results = orders.into_iter().zip(settled).map(|(order, result)| {
        match result? {
            Some(Event::ReservationExpired(_)) => {
                tracing::info!(%order, "confirmed too late: its stock has gone back");
            }
            Some(Event::StockReturnRefused(_, id)) => {
                tracing::error!(%order, %id, "more came back than was sold: an operator has to look");
            }
            Some(Event::ReservationConfirmed(_) | Event::StockReturned(..)) | None => {}
        }
        Ok(())
    });
    Ok(results.collect())
}

/// Sells the held stock, and replies.
fn confirm(tx: &mut Tx<'_>, command: &Command, now: Timestamp) -> StoreResult<Event> {
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
    Ok(event)
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
