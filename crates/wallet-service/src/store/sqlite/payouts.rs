//! Earnings that wait for their time, and their release.

use kernel::{Timestamp, TransactionId};
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::id;

use super::ledger;
use crate::domain::{AccountKey, LedgerError, Payout, earn};
use crate::store::codec::money;
use crate::store::{DuePayout, POSTPONED};

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

/// The payouts that are due after `after`, the oldest first.
pub(super) fn due(
    tx: &Connection,
    now: Timestamp,
    after: Option<DuePayout>,
    limit: usize,
) -> StoreResult<Vec<DuePayout>> {
    let at = after.map_or(i64::MIN, |payout| payout.available_at.as_millis());
    let order = after.map_or([0; 16], |payout| *payout.order.as_bytes());
    let seller = after.map_or([0; 16], |payout| *payout.seller.as_bytes());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = tx
        .prepare_cached(
            "SELECT available_at, order_id, seller FROM payouts
             WHERE available_at <= ?1 AND (available_at, order_id, seller) > (?2, ?3, ?4)
             ORDER BY available_at, order_id, seller LIMIT ?5",
        )?
        .query_map((now.as_millis(), at, order, seller, limit), |row| {
            Ok(DuePayout {
                available_at: Timestamp::from_millis(row.get(0)?),
                order: id(row, 1)?,
                seller: id(row, 2)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<DuePayout>>>()?;
    Ok(due)
}

/// Releases `payouts`, each by the transaction beside it. Those that are gone or not due any more are passed over.
pub(super) fn release(
    tx: &Connection,
    payouts: &[(DuePayout, TransactionId)],
    now: Timestamp,
) -> StoreResult<usize> {
    let mut released = 0;
    for (due, transaction) in payouts {
        let Some(payout) = find(tx, due, now)? else {
            continue;
        };
        let currency = payout.money.currency;
        let keys = [
            (AccountKey::pending(payout.seller), currency),
            (AccountKey::available(payout.seller), currency),
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

fn find(tx: &Connection, due: &DuePayout, now: Timestamp) -> StoreResult<Option<Payout>> {
    let mut statement = tx.prepare_cached(
        "SELECT amount, currency, available_at FROM payouts
         WHERE order_id = ?1 AND seller = ?2 AND available_at <= ?3",
    )?;
    let mut rows =
        statement.query((due.order.as_bytes(), due.seller.as_bytes(), now.as_millis()))?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Payout {
        order: due.order,
        seller: due.seller,
        money: money(row.get(0)?, &row.get::<_, String>(1)?)?,
        available_at: Timestamp::from_millis(row.get(2)?),
    }))
}
