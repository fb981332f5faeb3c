//! Earnings that wait for their time, and their release.

use kernel::{OrderId, Timestamp, TransactionId, UserId};
use store::StoreResult;
use store_mongo::bson::{Binary, Document, doc};
use store_mongo::{Mongo, Row, Unit, binary};
use uuid::Uuid;

use super::ledger::{self, Writer};
use super::rows::PayoutRow;
use crate::domain::{AccountKey, LedgerError, Payout, earn};
use crate::store::codec::{corrupt, money};
use crate::store::{DuePayout, POSTPONED};

fn payout_id(order: OrderId, seller: UserId) -> Binary {
    binary([*seller.as_bytes(), *order.as_bytes()].concat())
}

/// Whose payout a row is, and of which order.
pub(crate) fn names(row: &PayoutRow) -> StoreResult<(UserId, OrderId)> {
    let (seller, order) = row
        .id
        .bytes
        .split_first_chunk::<16>()
        .ok_or_else(|| corrupt("a payout names no seller"))?;
    let order = Uuid::from_slice(order).map_err(|_| corrupt("a payout names no order"))?;
    Ok((Uuid::from_bytes(*seller).into(), order.into()))
}

/// Notes what a seller earned.
pub(super) fn add(unit: &mut Unit, payout: &Payout) -> StoreResult<()> {
    unit.put(PayoutRow {
        id: payout_id(payout.order, payout.seller),
        amount: payout.money.amount,
        currency: payout.money.currency.as_str().to_owned(),
        available_at: payout.available_at.as_millis(),
    })
}

/// The payouts that are due after `after`, the oldest first.
pub(super) async fn due(
    store: &Mongo,
    now: Timestamp,
    after: Option<DuePayout>,
    limit: usize,
) -> StoreResult<Vec<DuePayout>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<PayoutRow> = store
        .find(
            PayoutRow::COLLECTION,
            due_filter(now, after),
            due_sort(),
            limit,
        )
        .await?;
    rows.iter()
        .map(|row| {
            let (seller, order) = names(row)?;
            Ok(DuePayout {
                available_at: Timestamp::from_millis(row.available_at),
                order,
                seller,
            })
        })
        .collect()
}

pub(super) fn due_filter(now: Timestamp, after: Option<DuePayout>) -> Document {
    let now = now.as_millis();
    let Some(after) = after else {
        return doc! { "available_at": { "$lte": now } };
    };
    let (at, id) = (
        after.available_at.as_millis(),
        payout_id(after.order, after.seller),
    );
    doc! { "$or": [
        { "available_at": at, "_id": { "$gt": id } },
        { "available_at": { "$gt": at, "$lte": now } },
    ] }
}

pub(super) fn due_sort() -> Document {
    doc! { "available_at": 1, "_id": 1 }
}

/// Releases `payouts`, each by the transaction beside it. Those that are gone or not due any more are passed over.
pub(super) fn release(
    unit: &mut Unit,
    payouts: &[(DuePayout, TransactionId)],
    writer: &Writer,
) -> StoreResult<usize> {
    let ids = payouts
        .iter()
        .map(|(due, _)| payout_id(due.order, due.seller));
    unit.want::<PayoutRow>(ids)?;
    let sellers = payouts.iter().map(|(due, _)| due.seller);
    let accounts =
        sellers.flat_map(|seller| [AccountKey::pending(seller), AccountKey::available(seller)]);
    ledger::want(unit, writer, accounts)?;
    let mut released = 0;
    for (due, transaction) in payouts {
        let Some(payout) = find(unit, due, writer.now)? else {
            continue;
        };
        let currency = payout.money.currency;
        let keys = [
            (AccountKey::pending(payout.seller), currency),
            (AccountKey::available(payout.seller), currency),
        ];
        let mut accounts = ledger::load(unit, &keys)?;
        match earn(&payout, *transaction, &mut accounts, writer.now) {
            Ok(recorded) => {
                ledger::write(unit, writer, &recorded)?;
                unit.delete::<PayoutRow>(&payout_id(payout.order, payout.seller))?;
                released += 1;
            }
            Err(LedgerError::Overflow { owner }) => {
                tracing::warn!(%owner, order = %payout.order, "a payout does not fit the seller's balance; postponed");
                let available_at = writer.now.plus(POSTPONED);
                add(
                    unit,
                    &Payout {
                        available_at,
                        ..payout
                    },
                )?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(released)
}

fn find(unit: &mut Unit, due: &DuePayout, now: Timestamp) -> StoreResult<Option<Payout>> {
    let Some(row) = unit.get::<PayoutRow>(&payout_id(due.order, due.seller))? else {
        return Ok(None);
    };
    if row.available_at > now.as_millis() {
        return Ok(None);
    }
    Ok(Some(Payout {
        order: due.order,
        seller: due.seller,
        money: money(row.amount, &row.currency)?,
        available_at: Timestamp::from_millis(row.available_at),
    }))
}
