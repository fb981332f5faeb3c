//! Reservations: holding stock for orders, and what becomes of it. This is the path that every order takes: few statements,
//! all of them prepared, none that touches a product's long row for writing.

use std::collections::HashMap;

use kernel::{Money, OrderId, ProductId, Quantity, Timestamp};
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::{corrupt, enqueue, id, is_new};

use super::rows::money;
use super::states::reservation_state;
use crate::domain::{
    Confirmation, Offer, Release, Reservation, ReservationState, ReserveRefusal, ReserveRequest,
    ReservedLine, price,
};
use crate::events::Event;
use crate::store::{Command, Lease, ReserveError};

/// What is on offer under an id, and the product's number.
type Offers = HashMap<ProductId, Option<(i64, Offer)>>;

pub(super) fn reserve(
    tx: &Connection,
    request: &ReserveRequest,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Reservation, ReserveError> {
    let offers = offers(tx, request)?;
    let known = |product: ProductId| offers.get(&product).and_then(Option::as_ref);
    let priced = price(request, |product| known(product).map(|(_, offer)| offer));
    let priced = match priced {
        Ok(priced) => priced,
        // A repeat is rare, so it is looked for last: only where the answer would be a refusal, or the key is taken.
        Err(refusal) => {
            return first_answer(tx, request.order, lease_until)?
                .unwrap_or(Err(ReserveError::Refused(refusal)));
        }
    };
    let seq = |product: ProductId| {
        known(product)
            .map(|(seq, _)| *seq)
            .ok_or_else(|| corrupt(format!("{product} was priced but is not there")))
    };
    let made = tx
        .prepare_cached(
            "INSERT INTO reservations (order_id, buyer, state, currency, lease_until, created_at)
             VALUES (?1, ?2, 'held', ?3, ?4, ?5) ON CONFLICT (order_id) DO NOTHING",
        )?
        .execute((
            request.order.as_bytes(),
            request.buyer.as_bytes(),
            priced.reservation.total.currency.as_str(),
            lease_until.as_millis(),
            now.as_millis(),
        ))?;
    if made == 0 {
        let missing = || corrupt(format!("the reservation of {} is gone", request.order));
        return first_answer(tx, request.order, lease_until)?.ok_or_else(missing)?;
    }
    for &(product, quantity) in &priced.takes {
        take(tx, seq(product)?, quantity, now)?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO reservation_lines (order_id, line, product, quantity, unit_price, name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (number, line) in (0_i64..).zip(&priced.reservation.lines) {
        insert.execute((
            request.order.as_bytes(),
            number,
            seq(line.product)?,
            i64::from(line.quantity),
            line.unit_price.amount,
            &line.name,
        ))?;
    }
    Ok(priced.reservation)
}

fn offers(tx: &Connection, request: &ReserveRequest) -> StoreResult<Offers> {
    let mut statement = tx.prepare_cached(
        "SELECT p.seq, p.seller, p.price, p.currency, p.name, s.available
         FROM products p JOIN stock s ON s.product = p.seq WHERE p.id = ?1 AND p.status = 'active'",
    )?;
    let mut offers = Offers::with_capacity(request.lines.len());
    for line in &request.lines {
        if offers.contains_key(&line.product) {
            continue;
        }
        let mut rows = statement.query([line.product.as_bytes()])?;
        let offer = match rows.next()? {
            Some(row) => Some((
                row.get(0)?,
                Offer {
                    seller: id(row, 1)?,
                    price: money(row, 2)?,
                    name: row.get(4)?,
                    available: row.get(5)?,
                },
            )),
            None => None,
        };
        offers.insert(line.product, offer);
    }
    Ok(offers)
}

/// Takes stock away, if there is enough.
fn take(tx: &Connection, seq: i64, quantity: i64, now: Timestamp) -> StoreResult<()> {
    let taken = tx
        .prepare_cached(
            "UPDATE stock SET available = available - ?2, version = version + 1, updated_at = max(updated_at, ?3)
             WHERE product = ?1 AND available >= ?2",
        )?
        .execute((seq, quantity, now.as_millis()))?;
    if taken == 1 {
        Ok(())
    } else {
        // The offer was read in this very transaction.
        Err(corrupt(format!(
            "product number {seq} has less stock than it said"
        )))
    }
}

/// What an earlier request for `order` was answered, if there was one. What is still held is held for as long as now asked.
fn first_answer(
    tx: &Connection,
    order: OrderId,
    lease_until: Timestamp,
) -> StoreResult<Option<Result<Reservation, ReserveError>>> {
    let Some(state) = reservation_state(tx, order)? else {
        return Ok(None);
    };
    match state {
        ReservationState::Held => renew(tx, order, lease_until)?,
        ReservationState::Sold => {}
        ReservationState::Released | ReservationState::Expired => {
            return Ok(Some(Err(ReserveError::Refused(ReserveRefusal::Over(
                state,
            )))));
        }
    }
    let mut statement = tx.prepare_cached(
        "SELECT p.id, p.seller, l.name, l.unit_price, r.currency, l.quantity
         FROM reservations r
         JOIN reservation_lines l ON l.order_id = r.order_id
         JOIN products p ON p.seq = l.product
         WHERE r.order_id = ?1 ORDER BY l.line",
    )?;
    let mut rows = statement.query([order.as_bytes()])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let quantity: i64 = row.get(5)?;
        let unit_price: Money = money(row, 3)?;
        lines.push(ReservedLine {
            product: id(row, 0)?,
            seller: id(row, 1)?,
            name: row.get(2)?,
            unit_price,
            quantity: Quantity::new(quantity)
                .map_err(|invalid| corrupt(format!("quantity {quantity}: {invalid}")))?,
        });
    }
    Reservation::stored(order, lines)
        .map(|reservation| Some(Ok(reservation)))
        .ok_or_else(|| corrupt(format!("the lines of the reservation of {order}")))
}

/// A lease only ever gets longer.
fn renew(tx: &Connection, order: OrderId, lease_until: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "UPDATE reservations SET lease_until = ?2 WHERE order_id = ?1 AND lease_until < ?2",
    )?
    .execute((order.as_bytes(), lease_until.as_millis()))?;
    Ok(())
}

fn set_state(tx: &Connection, order: OrderId, state: ReservationState) -> StoreResult<()> {
    tx.prepare_cached("UPDATE reservations SET state = ?2 WHERE order_id = ?1")?
        .execute((order.as_bytes(), state.as_str()))?;
    Ok(())
}

/// Sells, and answers each command.
pub(super) fn confirm(tx: &Connection, commands: &[Command], now: Timestamp) -> StoreResult<()> {
    for command in commands {
        let order = command.order;
        let new = is_new(tx, order, command.message, now)?;
        // Nearly always it is held: one statement finds out and sells it.
        let event = if new && sell(tx, order)? {
            Event::ReservationConfirmed(order)
        } else {
            match ReservationState::confirm(reservation_state(tx, order)?) {
                Confirmation::AlreadySold => Event::ReservationConfirmed(order),
                // Held and yet confirmed before: it was made after that confirmation was refused, and refused it stays.
                Confirmation::Sell | Confirmation::TooLate => {
                    tracing::info!(%order, "confirmed too late: its stock has gone back");
                    Event::ReservationExpired(order)
                }
            }
        };
        enqueue(tx, &event.envelope(now))?;
    }
    Ok(())
}

/// Sells what is held for `order`. False if nothing is.
fn sell(tx: &Connection, order: OrderId) -> StoreResult<bool> {
    let sold = tx
        .prepare_cached(
            "UPDATE reservations SET state = 'sold' WHERE order_id = ?1 AND state = 'held'",
        )?
        .execute([order.as_bytes()])?;
    Ok(sold == 1)
}

pub(super) fn release(tx: &Connection, commands: &[Command], now: Timestamp) -> StoreResult<()> {
    for command in commands {
        if !is_new(tx, command.order, command.message, now)? {
            continue;
        }
        match ReservationState::release(reservation_state(tx, command.order)?) {
            Release::PutBack => put_back(tx, command.order, ReservationState::Released, now)?,
            Release::Nothing => {}
        }
    }
    Ok(())
}

pub(super) fn leases_due(
    tx: &Connection,
    now: Timestamp,
    after: Option<Lease>,
    limit: usize,
) -> StoreResult<Vec<Lease>> {
    let until = after.map_or(i64::MIN, |lease| lease.until.as_millis());
    let order = after.map_or([0; 16], |lease| *lease.order.as_bytes());
    let due = tx
        .prepare_cached(
            "SELECT lease_until, order_id FROM reservations
             WHERE state = 'held' AND lease_until <= ?1 AND (lease_until, order_id) > (?2, ?3)
             ORDER BY lease_until, order_id LIMIT ?4",
        )?
        .query_map(
            (
                now.as_millis(),
                until,
                order,
                i64::try_from(limit).unwrap_or(i64::MAX),
            ),
            |row| {
                Ok(Lease {
                    until: Timestamp::from_millis(row.get(0)?),
                    order: id(row, 1)?,
                })
            },
        )?
        .collect::<rusqlite::Result<Vec<Lease>>>()?;
    Ok(due)
}

pub(super) fn expire(tx: &Connection, orders: &[OrderId], now: Timestamp) -> StoreResult<usize> {
    let mut is_due = tx.prepare_cached(
        "SELECT 1 FROM reservations WHERE order_id = ?1 AND state = 'held' AND lease_until <= ?2",
    )?;
    let mut expired = 0;
    for order in orders {
        // Sold, released or renewed since it was found due: then it is not.
        if is_due.exists((order.as_bytes(), now.as_millis()))? {
            put_back(tx, *order, ReservationState::Expired, now)?;
            expired += 1;
        }
    }
    Ok(expired)
}

/// Ends a held reservation as `end` and returns its stock, also that of products that were removed meanwhile.
fn put_back(
    tx: &Connection,
    order: OrderId,
    end: ReservationState,
    now: Timestamp,
) -> StoreResult<()> {
    set_state(tx, order, end)?;
    let mut lines =
        tx.prepare_cached("SELECT product, quantity FROM reservation_lines WHERE order_id = ?1")?;
    let mut add = tx.prepare_cached(
        "UPDATE stock SET available = available + ?2, version = version + 1, updated_at = max(updated_at, ?3)
         WHERE product = ?1",
    )?;
    let mut rows = lines.query([order.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let (product, quantity): (i64, i64) = (row.get(0)?, row.get(1)?);
        add.execute((product, quantity, now.as_millis()))?;
    }
    Ok(())
}
