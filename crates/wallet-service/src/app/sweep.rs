//! What the wallet does by itself: earnings whose hold is over become available, system balances are summed, old messages and
//! answers are forgotten.

use host::sweep::in_halves;
use kernel::TransactionId;
use store::StoreResult;

use super::App;

/// Payouts in one transaction: short enough that payments do not wait for it.
const BATCH: usize = 200;

/// Makes all earnings available whose hold is over. Returns how many. A payout that cannot be released is logged and passed
/// over, so that it keeps no other seller's money.
pub(crate) async fn release_payouts(app: &App) -> StoreResult<usize> {
    let now = app.clock.now();
    let (mut released, mut after) = (0, None);
    loop {
        let due = app.store.payouts_due(now, after, BATCH).await?;
        after = due.last().copied();
        let is_last = due.len() < BATCH;
        let payouts = due
            .into_iter()
            .map(|payout| (payout, TransactionId::new(&*app.ids)))
            .collect();
        released += in_halves(
            payouts,
            |payouts| app.store.release_payouts(payouts, now),
            |(payout, _), error| {
                let (order, seller) = (payout.order, payout.seller);
                tracing::error!(%order, %seller, %error, "a payout cannot be released");
            },
        )
        .await?;
        if is_last {
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
