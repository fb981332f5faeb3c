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
const POSTPONED: Duration = Duration::from_hours(1);

/// What a sweep came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Payouts made available.
    pub(crate) released: usize,
    /// Payouts that stay pending until they are tried again, because their sellers' balances have no room for them.
    pub(crate) postponed: usize,
}

/// What became of one payout.
enum Outcome {
    Released,
    Postponed,
    /// It is gone, or not due any more.
    NotDue,
}

/// Makes all earnings available whose hold is over, the oldest first. A payout that cannot be released is logged and
/// passed over, so that it holds up no other seller's money. One that does not fit its seller's balance is postponed.
pub(crate) async fn release_payouts(app: &App) -> StoreResult<Swept> {
    let now = app.clock.now();
    let (mut swept, mut after) = (Swept::default(), None);
    loop {
        let due = app.ledger.payouts_due(now, after, BATCH).await?;
        after = due.last().copied();
        let is_last = due.len() < BATCH;
        release_all(app, due, now, &mut swept).await?;
        if is_last {
            return Ok(swept);
        }
    }
}

async fn release_all(
    app: &App,
    due: Vec<DuePayout>,
    now: Timestamp,
    swept: &mut Swept,
) -> StoreResult<()> {
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
    for (payout, result) in due.iter().zip(results.await?) {
        match result {
            Ok(Outcome::Released) => swept.released += 1,
            Ok(Outcome::Postponed) => swept.postponed += 1,
            Ok(Outcome::NotDue) => {}
            Err(error) => {
                let (order, seller) = (payout.order, payout.seller);
                tracing::error!(%order, %seller, %error, "a payout cannot be released");
            }
        }
    }
    Ok(())
}

fn accounts_of(payout: &DuePayout) -> [AccountKey; 2] {
    [
        AccountKey::pending(payout.seller),
        AccountKey::available(payout.seller),
    ]
}

/// Releases a payout, unless it is gone or not due any more, or postpones it.
fn release(
    tx: &mut Tx<'_>,
    due: &DuePayout,
    id: TransactionId,
    now: Timestamp,
) -> StoreResult<Outcome> {
    let found = tx.get::<Payout>(&due.key())?;
    let Some(payout) = found.filter(|payout| payout.available_at <= now) else {
        return Ok(Outcome::NotDue);
    };
    let mut accounts = ledger::load(tx, &accounts_of(due))?;
    match earn(&payout, id, &mut accounts, now) {
        Ok(recorded) => {
            ledger::save(tx, accounts, recorded)?;
            tx.delete::<Payout>(&due.key())?;
            Ok(Outcome::Released)
        }
        Err(LedgerError::Overflow { owner }) => {
            tracing::warn!(%owner, order = %payout.order, "a payout does not fit the seller's balance; postponed");
            tx.put(Payout {
                available_at: now.plus(POSTPONED),
                ..*payout
            })?;
            Ok(Outcome::Postponed)
        }
        Err(error) => Err(StoreError::from(error)),
    }
}
