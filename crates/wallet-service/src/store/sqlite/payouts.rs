//! Earnings that wait for their time, and their release.

use std::time::Duration;

use chassis::sqlite::id;
use chassis::store::StoreResult;
use kernel::{Timestamp, TransactionId};
use rusqlite::Connection;

use super::codec::money;
use super::ledger;
use crate::domain::{AccountKey, LedgerError, Payout, earn};

/// When to try again to pay out what does not fit the seller's balance.
const POSTPONED: Duration = Duration::from_hours(24);

/// Notes what a seller earned.
pub(super) fn add(tx: &Connection, payout: &Payout) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO payouts (order_id, seller, amount, currency, available_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        payout.order.as_bytes(),
        payout.seller.as_bytes(),
        payout.money.amount,
        payout.money.currency.as_str(),
        payout.available_at.as_millis(),
    ))?;
    Ok(())
}

/// Releases the oldest payouts that are due, one for each id.
pub(super) fn release_due(
    tx: &Connection,
    ids: &[TransactionId],
    now: Timestamp,
) -> StoreResult<usize> {
    let mut released = 0;
    for (payout, transaction) in due(tx, ids.len(), now)?.into_iter().zip(ids) {
        let keys = [
            AccountKey::pending(payout.seller),
            AccountKey::available(payout.seller),
        ];
        let mut accounts = ledger::load(tx, &keys)?;
        match earn(&payout, *transaction, &mut accounts, now) {
            Ok(recorded) => {
                ledger::write(tx, &recorded)?;
                tx.prepare_cached("DELETE FROM payouts WHERE order_id = ?1 AND seller = ?2")?
                    .execute((payout.order.as_bytes(), payout.seller.as_bytes()))?;
                released += 1;
            }
            Err(LedgerError::Overflow { owner }) => {
                tracing::warn!(%owner, order = %payout.order, "a payout does not fit the seller's balance; postponed");
                tx.prepare_cached(
                    "UPDATE payouts SET available_at = ?3 WHERE order_id = ?1 AND seller = ?2",
                )?
                .execute((
                    payout.order.as_bytes(),
                    payout.seller.as_bytes(),
                    now.plus(POSTPONED).as_millis(),
                ))?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(released)
}

fn due(tx: &Connection, limit: usize, now: Timestamp) -> StoreResult<Vec<Payout>> {
    let mut statement = tx.prepare_cached(
        "SELECT order_id, seller, amount, currency, available_at FROM payouts
         WHERE available_at <= ?1 ORDER BY available_at LIMIT ?2",
    )?;
    let mut rows = statement.query((now.as_millis(), i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(Payout {
            order: id(row, 0)?,
            seller: id(row, 1)?,
            money: money(row.get(2)?, &row.get::<_, String>(3)?)?,
            available_at: Timestamp::from_millis(row.get(4)?),
        });
    }
    Ok(due)
}
