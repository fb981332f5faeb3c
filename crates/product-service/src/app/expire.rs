//! Puts back what is held under leases that have run out.

use chassis::store::StoreResult;

use super::App;

/// Reservations ended in one transaction: orders that want to write wait no longer than this takes.
const BATCH: usize = 100;

/// Returns for how many orders stock went back.
pub(crate) async fn expire_reservations(app: &App) -> StoreResult<usize> {
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let mut total = 0;
    loop {
        let expired = app.store.expire(app.clock.now(), limit).await?;
        total += expired;
        if expired < BATCH {
            return Ok(total);
        }
    }
}
