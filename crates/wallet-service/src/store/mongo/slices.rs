//! What the system's accounts sum to, in slices: one for each replica, and the checkpoint.
//!
//! One row for an account of the system's would be the one row that every payment waits for. So each process adds its postings to a
//! slice of its own, which nobody else writes to, once in each transaction that it commits. A balance is what all slices sum
//! to, exactly and at any time, however many replicas write at once.
//!
//! A checkpoint folds slices into one, so that they do not become many: the process's own, and those that nobody has added to for
//! a while. If such a replica lives after all, it begins its slice anew.

use std::collections::BTreeMap;
use std::time::Duration;

use store::StoreResult;
use store_mongo::bson::{Binary, Document, doc};
use store_mongo::{Unit, binary};

use super::ledger::Writer;
use super::rows::{AccountRow, SliceBody, SumRow, SystemLineRow, first_account_id};
use crate::audit::{SystemSums, add_to};
use crate::store::codec::corrupt;

/// After how long a slice that is not one's own is folded.
const IDLE: Duration = Duration::from_hours(1);

/// The `_id` of the checkpoint, which is of no replica.
pub(crate) fn checkpoint_id() -> Binary {
    binary(vec![0; 16])
}

/// The slices, the checkpoint among them.
pub(crate) fn all() -> Document {
    doc! { "_id": { "$lt": first_account_id() } }
}

/// Reads what a slice sums to.
///
/// # Errors
/// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it does not say.
pub(crate) fn read(row: &AccountRow) -> StoreResult<(&SliceBody, SystemSums)> {
    let body = row
        .system
        .as_ref()
        .ok_or_else(|| corrupt("a slice of the system's accounts is none"))?;
    let mut sums = SystemSums::new();
    for row in &body.sums {
        let sum = row
            .sum
            .parse()
            .map_err(|_| corrupt("a checkpoint's balance is no number"))?;
        add_to(&mut sums, row.account, &row.currency, sum);
    }
    Ok((body, sums))
}

/// Adds postings to the writer's slice.
pub(super) fn add(unit: &mut Unit, writer: &Writer, lines: &[SystemLineRow]) -> StoreResult<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let (mut sums, mut postings) = load(unit, &writer.slice)?;
    for line in lines {
        add_to(
            &mut sums,
            line.account,
            &line.currency,
            i128::from(line.amount),
        );
        postings += 1;
    }
    save(unit, writer, writer.slice.clone(), sums, postings)
}

/// Folds the writer's slice, and those of `others` that are idle, into the checkpoint. Returns how many postings they had.
pub(super) fn fold(unit: &mut Unit, writer: &Writer, others: &[Binary]) -> StoreResult<i64> {
    let ids = [checkpoint_id(), writer.slice.clone()];
    unit.want::<AccountRow>(ids.into_iter().chain(others.iter().cloned()))?;
    let (mut sums, before) = load(unit, &checkpoint_id())?;
    let idle_since = writer.now.minus(IDLE).as_millis();
    let mut added = 0;
    let foreign = others
        .iter()
        .filter(|id| **id != writer.slice && **id != checkpoint_id());
    for id in foreign.chain([&writer.slice]) {
        let Some(row) = unit.get::<AccountRow>(id)? else {
            continue;
        };
        let (body, slice) = read(&row)?;
        if *id != writer.slice && body.at > idle_since {
            continue;
        }
        added += body.postings;
        for ((account, currency), sum) in slice {
            add_to(&mut sums, account, &currency, sum);
        }
        unit.delete::<AccountRow>(id)?;
    }
    if added > 0 {
        save(unit, writer, checkpoint_id(), sums, before + added)?;
    }
    Ok(added)
}

fn load(unit: &mut Unit, id: &Binary) -> StoreResult<(SystemSums, i64)> {
    let Some(row) = unit.get::<AccountRow>(id)? else {
        return Ok((BTreeMap::new(), 0));
    };
    let (body, sums) = read(&row)?;
    Ok((sums, body.postings))
}

fn save(
    unit: &mut Unit,
    writer: &Writer,
    id: Binary,
    sums: SystemSums,
    postings: i64,
) -> StoreResult<()> {
    let sums = sums.into_iter().map(|((account, currency), sum)| SumRow {
        account,
        currency,
        sum: sum.to_string(),
    });
    let body = SliceBody {
        sums: sums.collect(),
        postings,
        at: writer.now.as_millis(),
    };
    unit.put(AccountRow {
        id,
        user: None,
        system: Some(body),
    })
}
