//! Credits and debits a wallet. A credit repays the owner's debt first. Whether the caller may credit it is decided before, by `Topups::payee`.
//!
//! With an Idempotency-Key, a repetition gets the first answer: the stored one for as long as it is remembered. After that, the answer
//! is rendered again from the transaction that the journal holds for the operation, so the money moves once, permanently.

use kernel::{Timestamp, TransactionId};
use store::idempotency::{Answered, Earlier, Repeatable};
use store::{IdempotencyKey, Idempotent, StoreError, StoreResult, Tx};

use super::{App, ledger};
use crate::domain::{
    Account, AccountKey, Direction, Entry, Movement, OperationId, Recorded, Transfer,
    TransferRefusal, transfer as decide,
};

/// What a credit or debit came to.
pub(crate) type TransferOutcome = Result<Entry, TransferRefusal>;

/// Credits a wallet, or debits it if it holds enough.
pub(crate) async fn transfer(
    app: &App,
    movement: Movement,
    repeatable: Option<Repeatable<TransferOutcome>>,
) -> StoreResult<Answered<TransferOutcome>> {
    let [id, repayment] = [(); 2].map(|()| TransactionId::new(&*app.ids));
    let transfer = Transfer {
        id,
        repayment,
        operation: repeatable.as_ref().map_or_else(
            || OperationId::of_transaction(id),
            |Repeatable { key, .. }| OperationId::of_request(key.user, key.route, &key.key),
        ),
        movement,
    };
    let now = app.clock.now();
    app.store
        .write(move |tx| match &repeatable {
            Some(repeatable) => once(tx, &transfer, repeatable, now),
            None => Ok(Answered::First(post(tx, &transfer, now)?)),
        })
        .await
}

/// Answers a repetition, or decides, records and stores the answer. Every answer is stored but [`TransferRefusal::BalanceLimit`],
/// which is like a broken rule of the request.
fn once(
    tx: &mut Tx<'_>,
    transfer: &Transfer,
    Repeatable { key, render }: &Repeatable<TransferOutcome>,
    now: Timestamp,
) -> StoreResult<Answered<TransferOutcome>> {
    tx.want::<Idempotent>([IdempotencyKey::from(key)])?;
    tx.want::<Recorded>([transfer.operation])?;
    tx.want::<Account>([AccountKey::available(transfer.movement.owner)])?;
    if let Some(earlier) = tx.earlier(key, now)? {
        return Ok(Answered::Before(earlier));
    }
    if let Some(recorded) = tx.get::<Recorded>(&transfer.operation)? {
        return Ok(Answered::Before(match made_by(transfer, &recorded) {
            Some(entry) => Earlier::Answered(render(&Ok(entry))?),
            None => Earlier::OtherBody,
        }));
    }
    let outcome = post(tx, transfer, now)?;
    if outcome != Err(TransferRefusal::BalanceLimit) {
        tx.answer(key, transfer.id.as_uuid(), render(&outcome)?, now)?;
    }
    Ok(Answered::First(outcome))
}

/// The line that `recorded` has on the owner's account, if it is what `transfer` asks for.
fn made_by(transfer: &Transfer, recorded: &Recorded) -> Option<Entry> {
    let movement = &transfer.movement;
    let entry = recorded.entry(AccountKey::available(movement.owner))?;
    let is_same = entry.reference == movement.reference
        && movement.signed().is_ok_and(|signed| signed == entry.money);
    is_same.then_some(entry)
}

fn post(tx: &mut Tx<'_>, transfer: &Transfer, now: Timestamp) -> StoreResult<TransferOutcome> {
    let Movement {
        owner,
        money,
        direction,
        ..
    } = transfer.movement;
    let account = AccountKey::available(owner);
    let mut accounts = ledger::load(tx, &[account])?;
    if direction == Direction::Credit {
        ledger::load_debt(tx, owner, money.currency, &mut accounts)?;
    }
    let moved = match decide(transfer, &mut accounts, now)? {
        Ok(moved) => moved,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let entry = moved.recorded.entry(account);
    ledger::save(tx, accounts, moved)?;
    let missing = || StoreError::Corrupt("a transfer has no entry".to_owned());
    entry.map(Ok).ok_or_else(missing)
}
