//! Returns the stock of reservations whose leases have run out.

use kernel::OrderId;
use store::StoreResult;

use super::App;
use super::stock::put_back;
use crate::domain::{Reservation, ReservationState};

/// Reservations ended in one transaction. It bounds how long other writes wait.
const BATCH: usize = 100;

/// Returns the number of orders whose stock was returned. A reservation that cannot be ended is logged and skipped, so it does not
/// hold up the others.
pub(crate) async fn expire_reservations(app: &App) -> StoreResult<usize> {
    let now = app.clock.now();
    let (mut total, mut after) = (0, None);
    loop {
        let due = app.queries.leases_due(now, after, BATCH).await?;
        after = due.last().copied();
        let is_last = due.len() < BATCH;
        total += expire(app, due.into_iter().map(|lease| lease.order).collect()).await?;
        if is_last {
            return Ok(total);
        }
    }
}

/// Returns the stock of those of `orders` whose leases have run out. Returns their number.
pub(crate) async fn expire(app: &App, orders: Vec<OrderId>) -> StoreResult<usize> {
    let now = app.clock.now();
    let of = orders.clone();
    let expired = app
        .store
        .write(move |tx| {
            tx.want::<Reservation>(of.iter().copied())?;
            tx.each(&of, |tx, order| match tx.get::<Reservation>(order)? {
                // It may have been sold, released or renewed since the query.
                Some(held) if held.is_due(now) => {
                    put_back(tx, &held, ReservationState::Expired, now)?;
                    Ok(true)
                }
                Some(_) | None => Ok(false),
            })
        })
        .await?;
    let mut count = 0;
    for (order, result) in orders.into_iter().zip(expired) {
        match result {
            Ok(true) => count += 1,
            Ok(false) => {}
            Err(error) => tracing::error!(%order, %error, "a reservation cannot be expired"),
        }
    }
    Ok(count)
}
