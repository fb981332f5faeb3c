//! Makes the earnings available whose hold is over, as a sweeper does every few seconds. Those of suspended sellers wait until these are
//! reinstated.

use std::time::Duration;

use kernel::{Timestamp, TransactionId};
use store::{StoreError, StoreResult, Tx};

use super::{App, ledger};
use crate::domain::{Account, AccountKey, Earning, LedgerError, earn};
use crate::store::DueEarning;

/// Earnings in one transaction: few enough that payments do not wait for it.
const BATCH: usize = 200;

/// When to try again to make available what does not fit the seller's balance.
const POSTPONED: Duration = Duration::from_hours(1);

/// What a sweep came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Earnings made available.
    pub(crate) released: usize,
    /// Earnings that stay pending until they are tried again, because their sellers' balances have no room for them.
    pub(crate) postponed: usize,
}

/// What became of the earnings from one part.
enum Outcome {
    Released,
    Postponed,
    /// They are gone, or not due any more.
    NotDue,
}

/// Makes all earnings available whose hold is over and whose sellers are not suspended, the oldest first; a seller's debt is repaid from
/// them. Earnings that cannot be released are logged and skipped, so that they do not delay other sellers' money. Those that do not fit
/// their seller's balance are postponed.
pub(crate) async fn release_earnings(app: &App) -> StoreResult<Swept> {
    let now = app.clock.now();
    let (mut swept, mut after) = (Swept::default(), None);
    loop {
        let due = app.ledger.earnings_due(now, after, BATCH).await?;
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
    due: Vec<DueEarning>,
    now: Timestamp,
    swept: &mut Swept,
) -> StoreResult<()> {
    let named: Vec<(DueEarning, [TransactionId; 2])> = due
        .iter()
        .map(|earning| (*earning, [(); 2].map(|()| TransactionId::new(&*app.ids))))
        .collect();
    let results = app.store.write(move |tx| {
        tx.want::<Earning>(named.iter().map(|(earning, _)| earning.key()))?;
        let accounts = named.iter().flat_map(|(earning, _)| accounts_of(earning));
        tx.want::<Account>(accounts)?;
        tx.each(&named, |tx, (earning, ids)| release(tx, earning, *ids, now))
    });
    for (earning, result) in due.iter().zip(results.await?) {
        match result {
            Ok(Outcome::Released) => swept.released += 1,
            Ok(Outcome::Postponed) => swept.postponed += 1,
            Ok(Outcome::NotDue) => {}
            Err(error) => {
                let (order, seller) = (earning.order, earning.seller);
                tracing::error!(%order, %seller, %error, "earnings cannot be made available");
            }
        }
    }
    Ok(())
}

fn accounts_of(earning: &DueEarning) -> [AccountKey; 2] {
    [
        AccountKey::pending(earning.seller),
        AccountKey::available(earning.seller),
    ]
}

/// Makes earnings available unless they are gone or not due any more, or postpones them.
fn release(
    tx: &mut Tx<'_>,
    due: &DueEarning,
    ids: [TransactionId; 2],
    now: Timestamp,
) -> StoreResult<Outcome> {
    let found = tx.get::<Earning>(&due.key())?;
    let Some(earning) = found.filter(|earning| earning.available_at <= now) else {
        return Ok(Outcome::NotDue);
    };
    let mut accounts = ledger::load(tx, &accounts_of(due))?;
    ledger::load_debt(tx, due.seller, earning.money.currency, &mut accounts)?;
    match earn(&earning, ids, &mut accounts, now) {
        Ok(credited) => {
            ledger::save(tx, accounts, credited)?;
            tx.delete::<Earning>(&due.key())?;
            Ok(Outcome::Released)
        }
        Err(LedgerError::Overflow { owner }) => {
            tracing::warn!(%owner, order = %earning.order, "earnings do not fit the seller's balance; postponed");
            tx.put(Earning {
                available_at: now.plus(POSTPONED),
                ..*earning
            })?;
            Ok(Outcome::Postponed)
        }
        Err(error) => Err(StoreError::from(error)),
    }
}
