//! Puts back what is held under leases that have run out.

use host::sweep::in_halves;
use store::StoreResult;

use super::App;

/// Reservations ended in one transaction: orders that want to write wait no longer than this takes.
const BATCH: usize = 100;

/// Returns for how many orders stock went back. A reservation that cannot be ended is logged and passed over, so that it keeps
/// no other order's stock.
pub(crate) async fn expire_reservations(app: &App) -> StoreResult<usize> {
    let now = app.clock.now();
    let (mut total, mut after) = (0, None);
    loop {
        let due = app.store.leases_due(now, after, BATCH).await?;
        after = due.last().copied();
        let is_last = due.len() < BATCH;
        let orders = due.into_iter().map(|lease| lease.order).collect();
        total += in_halves(
            orders,
            |orders| app.store.expire(orders, now),
            |order, error| tracing::error!(%order, %error, "a reservation cannot be expired"),
        )
        .await?;
        if is_last {
            return Ok(total);
        }
    }
}
