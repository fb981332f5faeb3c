//! Credits and debits, once each.

use kernel::{Timestamp, TransactionId};
use rusqlite::{Connection, OptionalExtension};
use store::StoreResult;
use store::idempotency::{Answered, Earlier, Once};
use store_sqlite::{corrupt, id, lookup, record};

use super::{ledger, statement};
use crate::domain::{
    AccountKey, Entry, Transfer, TransferError, TransferRefusal, transfer as decide,
};
use crate::store::TransferOutcome;

/// Answers from what is stored, or decides, records and stores the answer.
pub(super) fn run(
    tx: &Connection,
    transfer: &Transfer,
    once: Option<Once<TransferOutcome>>,
    now: Timestamp,
) -> StoreResult<Answered<TransferOutcome>> {
    let Some(once) = once else {
        return Ok(Answered::First(post(tx, transfer, now)?));
    };
    if let Some(earlier) = lookup(tx, &once.key, now)? {
        return Ok(Answered::Before(earlier));
    }
    // The answer may be forgotten by now; the journal is not.
    if let Some(entry) = recorded_before(tx, transfer)? {
        let same = entry.as_ref().is_some_and(|entry| {
            entry.reference == transfer.reference
                && transfer.signed().is_ok_and(|signed| signed == entry.money)
        });
        return Ok(Answered::Before(match entry {
            Some(entry) if same => Earlier::Answered((once.render)(&Ok(entry))),
            Some(_) | None => Earlier::OtherBody,
        }));
    }
    let outcome = post(tx, transfer, now)?;
    if outcome != Err(TransferRefusal::BalanceLimit) {
        let answer = (once.render)(&outcome);
        record(tx, &once.key, transfer.id.as_uuid(), &answer, now)?;
    }
    Ok(Answered::First(outcome))
}

fn post(tx: &Connection, transfer: &Transfer, now: Timestamp) -> StoreResult<TransferOutcome> {
    let mut accounts = ledger::load(
        tx,
        &[(
            AccountKey::available(transfer.owner),
            transfer.money.currency,
        )],
    )?;
    let recorded = match decide(transfer, &mut accounts, now) {
        Ok(recorded) => recorded,
        Err(TransferError::Refused(refusal)) => return Ok(Err(refusal)),
        Err(TransferError::Ledger(error)) => return Err(error.into()),
    };
    ledger::write(tx, &recorded)?;
    let first = recorded.entries.into_iter().next();
    first
        .map(|recorded| Ok(recorded.entry))
        .ok_or_else(|| corrupt("a transfer without an entry"))
}

/// The line that the journal holds for the operation. Some(None) if it is on another user's account.
#[expect(
    clippy::option_option,
    reason = "outer: was the operation done; inner: for this owner"
)]
fn recorded_before(tx: &Connection, transfer: &Transfer) -> StoreResult<Option<Option<Entry>>> {
    let found: Option<(TransactionId, i64)> = tx
        .prepare_cached("SELECT id, created_at FROM journal WHERE operation_id = ?1")?
        .query_row([transfer.operation.as_bytes()], |row| {
            Ok((id(row, 0)?, row.get(1)?))
        })
        .optional()?;
    found
        .map(|(journal, at)| statement::line(tx, transfer.owner, at, journal))
        .transpose()
}
