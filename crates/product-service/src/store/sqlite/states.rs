//! What became of reservations, for whoever has to know: the commands that end them, and the audit of the whole marketplace.

use kernel::OrderId;
use rusqlite::{Connection, Row};
use store::StoreResult;
use store_sqlite::{corrupt, id};

use super::rows::not_text;
use crate::domain::ReservationState;

/// What became of the reservation of `order`. None if none was ever made.
///
/// # Errors
/// A store error.
pub fn reservation_state(
    connection: &Connection,
    order: OrderId,
) -> StoreResult<Option<ReservationState>> {
    let mut statement =
        connection.prepare_cached("SELECT state FROM reservations WHERE order_id = ?1")?;
    let mut rows = statement.query([order.as_bytes()])?;
    rows.next()?.map(|row| state(row, 0)).transpose()
}

/// Calls `each` for every reservation, in the order of their orders' ids, one row at a time.
///
/// # Errors
/// A store error.
pub fn reservation_states(
    connection: &Connection,
    mut each: impl FnMut(OrderId, ReservationState),
) -> StoreResult<()> {
    let mut statement =
        connection.prepare("SELECT order_id, state FROM reservations ORDER BY order_id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, state(row, 1)?);
    }
    Ok(())
}

fn state(row: &Row<'_>, index: usize) -> StoreResult<ReservationState> {
    let word = row
        .get_ref(index)?
        .as_str()
        .map_err(|error| not_text(&error))?;
    ReservationState::of(word)
        .ok_or_else(|| corrupt(format!("{word:?} is no state of a reservation")))
}
