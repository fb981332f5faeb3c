//! Makes the earnings available whose hold is over, as a sweeper does every few seconds.

use std::time::Duration;

use kernel::{Timestamp, TransactionId};
use store::{StoreError, StoreResult, Tx};

use super::{App, ledger};
use crate::domain::{Account, AccountKey, LedgerError, Payout, earn};
use crate::store::DuePayout;

/// Payouts in one transaction: few enough that payments do not wait for it.
const BATCH: usize = 200;

/// When to try again to pay out what does not fit the seller's balance.
const POSTPONED: Duration = Duration::from_hours(24);

/// Makes all earnings available whose hold is over, the oldest first. Returns how many. A payout that cannot be released is logged and
/// passed over, so that it holds up no other seller's money. One that does not fit its seller's balance is postponed.
pub(crate) async fn release_payouts(app: &App) -> StoreResult<usize> {
    let now = app.clock.now();
    let (mut released, mut after) = (0, None);
    loop {
        let due = app.ledger.payouts_due(now, after, BATCH).await?;
        after = due.last().copied();
        let is_last = due.len() < BATCH;
        released += release_all(app, due, now).await?;
        if is_last {
            return Ok(released);
        }
    }
}

async fn release_all(app: &App, due: Vec<DuePayout>, now: Timestamp) -> StoreResult<usize> {
    let named: Vec<(DuePayout, TransactionId)> = due
        .iter()
        .map(|payout| (*payout, TransactionId::new(&*app.ids)))
        .collect();
    let results = app.store.write(move |tx| {
        tx.want::<Payout>(named.iter().map(|(payout, _)| payout.key()))?;
        let accounts = named.iter().flat_map(|(payout, _)| accounts_of(payout));
        tx.want::<Account>(accounts)?;
        tx.each(&named, |tx, (payout, id)| release(tx, payout, *id, now))
    });
    let mut released = 0;
    for (payout, result) in due.iter().zip(results.await?) {
        match result {
            Ok(is_released) => released += usize::from(is_released),
            Err(error) => {
                let (order, seller) = (payout.order, payout.seller);
                tracing::error!(%order, %seller, %error, "a payout cannot be released");
            }
        }
    }
    Ok(released)
}

fn accounts_of(payout: &DuePayout) -> [AccountKey; 2] {
    [
        AccountKey::pending(payout.seller),
        AccountKey::available(payout.seller),
    ]
}

/// Releases a payout, unless it is gone or not due any more. Returns whether it did.
fn release(
    tx: &mut Tx<'_>,
    due: &DuePayout,
    id: TransactionId,
    now: Timestamp,
) -> StoreResult<bool> {
    let found = tx.get::<Payout>(&due.key())?;
    let Some(payout) = found.filter(|payout| payout.available_at <= now) else {
        return Ok(false);
    };
    let mut accounts = ledger::load(tx, &accounts_of(due))?;
    match earn(&payout, id, &mut accounts, now) {
        Ok(recorded) => {
            ledger::save(tx, accounts, recorded)?;
            tx.delete::<Payout>(&due.key())?;
            Ok(true)
        }
        Err(LedgerError::Overflow { owner }) => {
            tracing::warn!(%owner, order = %payout.order, "a payout does not fit the seller's balance; postponed");
            tx.put(Payout {
                available_at: now.plus(POSTPONED),
                ..*payout
            })?;
            Ok(false)
        }
        Err(error) => Err(StoreError::from(error)),
    }
}
