//! Reservations: holding stock for orders, and what becomes of it. This is the path that every order takes: one read of the
//! products and one of the reservations for all orders of a batch, one write of each. A product that many of them want changes in
//! memory and is written once.

use std::collections::HashMap;

use kernel::{OrderId, ProductId, Timestamp};
use store::StoreResult;
use store_mongo::{Unit, corrupt, enqueue, from_id, id, is_new, want_handled, was_handled};

use super::held::ReservationRow;
use super::rows::{ProductRow, money};
use crate::domain::{
    Confirmation, Offer, ProductStatus, Release, Reservation, ReservationState, ReserveRefusal,
    ReserveRequest, price,
};
use crate::events::Event;
use crate::store::{Command, ReserveError};

pub(super) fn reserve(
    unit: &mut Unit,
    request: &ReserveRequest,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Reservation, ReserveError> {
    unit.want::<ProductRow>(request.lines.iter().map(|line| id(line.product)))?;
    if let Some(made) = unit.get::<ReservationRow>(&id(request.order))? {
        return first_answer(unit, &made, lease_until);
    }
    let offers = offers(unit, request)?;
    let priced = price(request, |product| offers.get(&product)).map_err(ReserveError::Refused)?;
    for &(product, quantity) in &priced.takes {
        add_stock(unit, product, -quantity, now)?;
    }
    let row = ReservationRow::held(&priced.reservation, request.buyer, lease_until, now);
    unit.put(row)?;
    Ok(priced.reservation)
}

/// What is on offer of what is asked for.
fn offers(unit: &mut Unit, request: &ReserveRequest) -> StoreResult<HashMap<ProductId, Offer>> {
    let mut offers = HashMap::with_capacity(request.lines.len());
    for line in &request.lines {
        let Some(row) = unit.get::<ProductRow>(&id(line.product))? else {
            continue;
        };
        match row.status()? {
            ProductStatus::Removed => {}
            ProductStatus::Active => {
                offers.insert(
                    line.product,
                    Offer {
                        seller: from_id(row.seller),
                        name: row.name.clone(),
                        price: money(row.price, &row.currency)?,
                        available: row.available,
                    },
                );
            }
        }
    }
    Ok(offers)
}

/// What the request that made this reservation was answered. What is still held is held for as long as now asked: a lease only ever
/// gets longer.
fn first_answer(
    unit: &mut Unit,
    made: &ReservationRow,
    lease_until: Timestamp,
) -> Result<Reservation, ReserveError> {
    let state = made.state()?;
    match state {
        ReservationState::Held if made.lease_until < lease_until.as_millis() => {
            unit.put(made.renewed(lease_until))?;
        }
        ReservationState::Held | ReservationState::Sold => {}
        ReservationState::Released | ReservationState::Expired => {
            return Err(ReserveError::Refused(ReserveRefusal::Over(state)));
        }
    }
    Ok(made.reservation()?)
}

/// Sells, and answers each command. Returns the orders that it was too late for.
pub(super) fn confirm(
    unit: &mut Unit,
    commands: &[Command],
    now: Timestamp,
) -> StoreResult<Vec<OrderId>> {
    want(unit, commands)?;
    let mut late = Vec::new();
    for command in commands {
        let order = command.order;
        let found = state(unit, order)?;
        let new = is_new_to(found, unit, command, now)?;
        let event = match ReservationState::confirm(found) {
            Confirmation::Sell if new => {
                end(unit, order, ReservationState::Sold)?;
                Event::ReservationConfirmed(order)
            }
            Confirmation::AlreadySold => {
                unit.handled_before();
                Event::ReservationConfirmed(order)
            }
            // Held and yet confirmed before: it was made after that confirmation was refused, and refused it stays.
            Confirmation::Sell | Confirmation::TooLate => {
                late.push(order);
                Event::ReservationExpired(order)
            }
        };
        enqueue(unit, &event.envelope(now))?;
    }
    Ok(late)
}

pub(super) fn release(unit: &mut Unit, commands: &[Command], now: Timestamp) -> StoreResult<()> {
    want(unit, commands)?;
    want_products(unit, commands.iter().map(|command| command.order))?;
    for command in commands {
        let found = state(unit, command.order)?;
        if !is_new_to(found, unit, command, now)? {
            continue;
        }
        match ReservationState::release(found) {
            Release::PutBack => put_back(unit, command.order, ReservationState::Released, now)?,
            Release::Nothing => {}
        }
    }
    Ok(())
}

/// Whether `command` comes for the first time. A reservation's state tells what was done with it, and no state leads back to being
/// held; so only a command that came before there was a reservation is noted in the inbox.
fn is_new_to(
    found: Option<ReservationState>,
    unit: &mut Unit,
    command: &Command,
    now: Timestamp,
) -> StoreResult<bool> {
    match found {
        None => is_new(unit, command.order, command.message, now),
        Some(_) => Ok(!was_handled(unit, command.order, command.message)?),
    }
}

pub(super) fn expire(unit: &mut Unit, orders: &[OrderId], now: Timestamp) -> StoreResult<usize> {
    unit.want::<ReservationRow>(orders.iter().copied().map(id))?;
    want_products(unit, orders.iter().copied())?;
    let mut expired = 0;
    for order in orders {
        let Some(row) = unit.get::<ReservationRow>(&id(*order))? else {
            continue;
        };
        // Sold, released or renewed since it was found due: then it is not.
        if row.state()? == ReservationState::Held && row.lease_until <= now.as_millis() {
            put_back(unit, *order, ReservationState::Expired, now)?;
            expired += 1;
        }
    }
    Ok(expired)
}

/// Says that the commands' reservations and messages will be asked for.
fn want(unit: &mut Unit, commands: &[Command]) -> StoreResult<()> {
    unit.want::<ReservationRow>(commands.iter().map(|command| id(command.order)))?;
    for command in commands {
        want_handled(unit, command.order, command.message)?;
    }
    Ok(())
}

/// Says that the products held for `orders` will be asked for.
fn want_products(unit: &mut Unit, orders: impl Iterator<Item = OrderId>) -> StoreResult<()> {
    for order in orders {
        if let Some(row) = unit.get::<ReservationRow>(&id(order))?
            && row.state()? == ReservationState::Held
        {
            unit.want::<ProductRow>(row.lines.iter().map(|line| line.product))?;
        }
    }
    Ok(())
}

fn state(unit: &mut Unit, order: OrderId) -> StoreResult<Option<ReservationState>> {
    let row = unit.get::<ReservationRow>(&id(order))?;
    row.map(|row| row.state()).transpose()
}

/// Ends a held reservation as `end`.
fn end(unit: &mut Unit, order: OrderId, end: ReservationState) -> StoreResult<()> {
    let row = unit
        .get::<ReservationRow>(&id(order))?
        .ok_or_else(|| corrupt(format!("the reservation of {order} is gone")))?;
    unit.put(row.ended(end))
}

/// Ends a held reservation as `over` and returns its stock, also that of products that were removed meanwhile.
fn put_back(
    unit: &mut Unit,
    order: OrderId,
    over: ReservationState,
    now: Timestamp,
) -> StoreResult<()> {
    end(unit, order, over)?;
    let lines = unit
        .get::<ReservationRow>(&id(order))?
        .map(|row| row.lines.clone())
        .unwrap_or_default();
    for line in lines {
        add_stock(unit, from_id(line.product), line.quantity, now)?;
    }
    Ok(())
}

fn add_stock(unit: &mut Unit, product: ProductId, more: i64, now: Timestamp) -> StoreResult<()> {
    let row = unit
        .get::<ProductRow>(&id(product))?
        .ok_or_else(|| corrupt(format!("{product} is held but is not there")))?;
    unit.put(row.with_stock_changed(more, now)?)
}
