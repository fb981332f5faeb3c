//! What the wallet does by itself: earnings whose hold is over become available, system balances are summed, old messages and
//! answers are forgotten.

use chassis::store::StoreResult;
use kernel::TransactionId;

use super::App;

/// Payouts in one transaction: short enough that payments do not wait for it.
const BATCH: usize = 200;

/// Makes all earnings available whose hold is over. Returns how many.
pub(crate) async fn release_payouts(app: &App) -> StoreResult<usize> {
    let mut released = 0;
    loop {
        let ids = (0..BATCH).map(|_| TransactionId::new(&*app.ids)).collect();
        let some = app.store.release_payouts(ids, app.clock.now()).await?;
        released += some;
        if some < BATCH {
            return Ok(released);
        }
    }
}

/// Sums the system accounts up to now.
pub(crate) async fn checkpoint(app: &App) -> StoreResult<i64> {
    app.store.checkpoint().await
}

/// Forgets what is past its time. Returns how many.
pub(crate) async fn forget(app: &App) -> StoreResult<usize> {
    const LIMIT: i64 = 500;
    let mut forgotten = 0;
    loop {
        let some = app.store.forget(LIMIT, app.clock.now()).await?;
        forgotten += some;
        if some < 500 {
            return Ok(forgotten);
        }
    }
}
