//! Credits and debits, once each.

use kernel::UserId;
use store::StoreResult;
use store::idempotency::{Answered, Earlier, Once};
use store_mongo::{Unit, lookup, record, want_key};

use super::ledger::{self, Writer};
use super::rows::JournalRow;
use super::statement;
use crate::domain::{
    AccountKey, Entry, Transfer, TransferError, TransferRefusal, transfer as decide,
};
use crate::store::TransferOutcome;
use crate::store::codec::corrupt;

/// Answers from what is stored, or decides, records and stores the answer.
pub(super) fn run(
    unit: &mut Unit,
    transfer: &Transfer,
    once: Option<&Once<TransferOutcome>>,
    writer: &Writer,
) -> StoreResult<Answered<TransferOutcome>> {
    ledger::want(unit, writer, [AccountKey::available(transfer.owner)])?;
    let Some(once) = once else {
        return Ok(Answered::First(post(unit, transfer, writer)?));
    };
    let operation = ledger::operation(transfer.operation);
    want_key(unit, &once.key)?;
    unit.want::<JournalRow>([operation])?;
    if let Some(earlier) = lookup(unit, &once.key, writer.now)? {
        return Ok(Answered::Before(earlier));
    }
    // The answer may be forgotten by now; the journal is not.
    if let Some(row) = unit.get::<JournalRow>(&operation)? {
        let same = entry_of(&row, transfer.owner)?.filter(|entry| {
            entry.reference == transfer.reference
                && transfer.signed().is_ok_and(|signed| signed == entry.money)
        });
        return Ok(Answered::Before(match same {
            Some(entry) => Earlier::Answered((once.render)(&Ok(entry))),
            None => Earlier::OtherBody,
        }));
    }
    let outcome = post(unit, transfer, writer)?;
    if outcome != Err(TransferRefusal::BalanceLimit) {
        let answer = (once.render)(&outcome);
        record(unit, &once.key, transfer.id.as_uuid(), &answer, writer.now)?;
    }
    Ok(Answered::First(outcome))
}

fn post(unit: &mut Unit, transfer: &Transfer, writer: &Writer) -> StoreResult<TransferOutcome> {
    let account = AccountKey::available(transfer.owner);
    let mut accounts = ledger::load(unit, &[(account, transfer.money.currency)])?;
    let recorded = match decide(transfer, &mut accounts, writer.now) {
        Ok(recorded) => recorded,
        Err(TransferError::Refused(refusal)) => return Ok(Err(refusal)),
        Err(TransferError::Ledger(error)) => return Err(error.into()),
    };
    ledger::write(unit, writer, &recorded)?;
    let first = recorded.entries.into_iter().next();
    first
        .map(|recorded| Ok(recorded.entry))
        .ok_or_else(|| corrupt("a transfer without an entry"))
}

/// The line that a transaction made on what `owner` can spend. None if it is on another user's account.
fn entry_of(row: &JournalRow, owner: UserId) -> StoreResult<Option<Entry>> {
    let entry = statement::entry(row)?;
    Ok(entry.and_then(|(of, entry)| (of == owner).then_some(entry)))
}
