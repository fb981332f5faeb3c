//! Commands about orders' payments: load, decide, persist, reply.

use kernel::{OrderId, Timestamp, TransactionId};
use rusqlite::{Connection, OptionalExtension};
use store::{StoreError, StoreResult};
use store_sqlite::{enqueue, id, is_new};

use super::{ledger, payouts};
use crate::domain::{OrderCommand, Payment, Terms, accounts_touched, decide};
use crate::events;
use crate::store::payment::StateFields;

/// Handles one command, and puts its reply into the outbox.
pub(super) fn settle(
    tx: &Connection,
    command: &OrderCommand,
    terms: &Terms,
    now: Timestamp,
) -> StoreResult<()> {
    let payment = load(tx, command.order)?;
    let mut accounts = ledger::load(tx, &accounts_touched(command, payment.as_ref()))?;
    let decision = decide(command, payment.as_ref(), &mut accounts, terms, now)?;
    // What does not fit a balance today may fit tomorrow: that refusal is not noted, so the same message may ask again.
    let is_new = !decision.may_be_asked_again() && is_new(tx, command.order, command.message, now)?;
    if let Some(change) = &decision.change {
        if !is_new {
            // It came before and was refused; that was its answer, whatever has happened since.
            return Ok(());
        }
        if let Some(recorded) = &change.recorded {
            ledger::write(tx, recorded)?;
        }
        for payout in &change.payouts {
            payouts::add(tx, payout)?;
        }
        save(tx, payment.as_ref(), &change.payment, now)?;
    }
    enqueue(tx, &events::seal(command.order, decision.reply, now))
}

/// What is known of the payment of `order`.
pub(super) fn load(tx: &Connection, order: OrderId) -> StoreResult<Option<Payment>> {
    tx.prepare_cached("SELECT buyer, state, amount, currency, debit_id, settlement_id FROM payments WHERE order_id = ?1")?
        .query_row([order.as_bytes()], |row| {
            let currency: Option<String> = row.get(3)?;
            let amount: Option<i64> = row.get(2)?;
            let row_of = StateFields {
                state: row.get(1)?,
                total: amount.zip(currency),
                debit: transaction(row.get(4)?),
                settlement: transaction(row.get(5)?),
            };
            Ok((id(row, 0)?, row_of))
        })
        .optional()?
        .map(|(buyer, fields)| Ok(Payment { order, buyer, state: fields.decode()? }))
        .transpose()
}

fn transaction(bytes: Option<[u8; 16]>) -> Option<TransactionId> {
    bytes.map(|bytes| uuid::Uuid::from_bytes(bytes).into())
}

fn save(
    tx: &Connection,
    before: Option<&Payment>,
    after: &Payment,
    now: Timestamp,
) -> StoreResult<()> {
    let fields = StateFields::encode(&after.state);
    let order = after.order.as_bytes();
    let Some(before) = before else {
        tx.prepare_cached(
            "INSERT INTO payments (order_id, buyer, state, amount, currency, debit_id, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            order,
            after.buyer.as_bytes(),
            fields.state,
            fields.total.as_ref().map(|(amount, _)| amount),
            fields.total.as_ref().map(|(_, currency)| currency),
            fields.debit.as_ref().map(TransactionId::as_bytes),
            now.as_millis(),
        ))?;
        return Ok(());
    };
    let from = StateFields::encode(&before.state).state;
    let written = tx
        .prepare_cached(
            "UPDATE payments SET state = ?2, settlement_id = ?3, updated_at = ?4 WHERE order_id = ?1 AND state = ?5",
        )?
        .execute((order, fields.state, fields.settlement.as_ref().map(TransactionId::as_bytes), now.as_millis(), from))?;
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict(format!(
            "the payment of {}",
            after.order
        )))
    }
}
