//! Takes back what was sold to an order: into stock again, or written off.
//!
//! A return is made once, permanently, under its id; each repeat is answered alike. It is made whole or not at all, also for products that
//! were removed meanwhile.

use kernel::Timestamp;
use store::{StoreResult, Tx};

use super::command::{Command, Return, is_new};
use super::stock::change_stock;
use crate::domain::{ExceedsSold, Product, Reservation};
use crate::events::Event;
use crate::records::{ReturnKey, StockReturn};

/// Returns the stock, and replies. `StockReturned` also answers a return of what was released or expired, or was never reserved: then there
/// is nothing to return, and nothing changes.
pub(super) fn return_stock(
    tx: &mut Tx<'_>,
    command: &Command,
    asked: &Return,
    now: Timestamp,
) -> StoreResult<Event> {
    let id = ReturnKey {
        order_id: command.order,
        return_id: asked.id,
    };
    let event = if tx.get::<StockReturn>(&id)?.is_some() {
        tx.handled_before();
        Event::StockReturned(command.order, asked.id)
    } else {
        let found = tx.get::<Reservation>(&command.order)?;
        let is_new = is_new(tx, found.as_deref(), command, now)?;
        match found.filter(|_| is_new) {
            Some(reservation) => match reservation.with_returned(&asked.lines) {
                Ok(Some(after)) => {
                    take_back(tx, after, id, asked, now)?;
                    Event::StockReturned(command.order, asked.id)
                }
                Ok(None) => Event::StockReturned(command.order, asked.id),
                Err(ExceedsSold) => Event::StockReturnRefused(command.order, asked.id),
            },
            None => Event::StockReturned(command.order, asked.id),
        }
    };
    tx.send(event.envelope(now))?;
    Ok(event)
}

fn take_back(
    tx: &mut Tx<'_>,
    after: Reservation,
    id: ReturnKey,
    asked: &Return,
    now: Timestamp,
) -> StoreResult<()> {
    let restocked = || asked.lines.iter().filter(|line| line.restocked > 0);
    tx.want::<Product>(restocked().map(|line| line.product))?;
    for line in restocked() {
        change_stock(tx, line.article(), line.restocked, now)?;
    }
    tx.put(after)?;
    tx.insert(StockReturn {
        id,
        lines: asked.lines.clone(),
        at: now,
    })
}
