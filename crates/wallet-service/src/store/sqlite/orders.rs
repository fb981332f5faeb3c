//! Commands about orders' payments: load, decide, persist, reply.

use chassis::sqlite::{corrupt, enqueue, id, is_new};
use chassis::store::{StoreError, StoreResult};
use kernel::{Money, OrderId, Timestamp, TransactionId};
use rusqlite::{Connection, OptionalExtension};

use super::codec::money;
use super::{ledger, payouts};
use crate::domain::{Debit, OrderCommand, Payment, PaymentState, Terms, accounts_touched, decide};
use crate::events;

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
            let row_of = Columns {
                state: row.get(1)?,
                total: amount.zip(currency),
                debit: transaction(row.get(4)?),
                settlement: transaction(row.get(5)?),
            };
            Ok((id(row, 0)?, row_of))
        })
        .optional()?
        .map(|(buyer, columns)| Ok(Payment { order, buyer, state: columns.decode()? }))
        .transpose()
}

fn transaction(bytes: Option<[u8; 16]>) -> Option<TransactionId> {
    bytes.map(|bytes| uuid::Uuid::from_bytes(bytes).into())
}

struct Columns {
    state: i64,
    total: Option<(i64, String)>,
    debit: Option<TransactionId>,
    settlement: Option<TransactionId>,
}

impl Columns {
    fn decode(self) -> StoreResult<PaymentState> {
        let total: Option<Money> = self
            .total
            .map(|(amount, currency)| money(amount, &currency))
            .transpose()?;
        let debit = total
            .zip(self.debit)
            .map(|(total, transaction)| Debit { total, transaction });
        let settled = debit.zip(self.settlement);
        let state = match self.state {
            0 => total.map(|total| PaymentState::Declined { total }),
            1 => Some(PaymentState::Cancelled),
            2 => debit.map(PaymentState::Debited),
            3 => settled.map(|(debit, by)| PaymentState::Reversed { debit, by }),
            4 => settled.map(|(debit, by)| PaymentState::Refunded { debit, by }),
            5 => settled.map(|(debit, by)| PaymentState::Released { debit, by }),
            _ => None,
        };
        state.ok_or_else(|| corrupt(format!("a payment in state {} is incomplete", self.state)))
    }

    fn encode(
        state: &PaymentState,
    ) -> (
        i64,
        Option<Money>,
        Option<TransactionId>,
        Option<TransactionId>,
    ) {
        match *state {
            PaymentState::Declined { total } => (0, Some(total), None, None),
            PaymentState::Cancelled => (1, None, None, None),
            PaymentState::Debited(debit) => (2, Some(debit.total), Some(debit.transaction), None),
            PaymentState::Reversed { debit, by } => {
                (3, Some(debit.total), Some(debit.transaction), Some(by))
            }
            PaymentState::Refunded { debit, by } => {
                (4, Some(debit.total), Some(debit.transaction), Some(by))
            }
            PaymentState::Released { debit, by } => {
                (5, Some(debit.total), Some(debit.transaction), Some(by))
            }
        }
    }
}

fn save(
    tx: &Connection,
    before: Option<&Payment>,
    after: &Payment,
    now: Timestamp,
) -> StoreResult<()> {
    let (state, total, debit, settlement) = Columns::encode(&after.state);
    let order = after.order.as_bytes();
    let Some(before) = before else {
        tx.prepare_cached(
            "INSERT INTO payments (order_id, buyer, state, amount, currency, debit_id, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            order,
            after.buyer.as_bytes(),
            state,
            total.map(|total| total.amount),
            total.as_ref().map(|total| total.currency.as_str()),
            debit.as_ref().map(TransactionId::as_bytes),
            now.as_millis(),
        ))?;
        return Ok(());
    };
    let (from, ..) = Columns::encode(&before.state);
    let written = tx
        .prepare_cached(
            "UPDATE payments SET state = ?2, settlement_id = ?3, updated_at = ?4 WHERE order_id = ?1 AND state = ?5",
        )?
        .execute((order, state, settlement.as_ref().map(TransactionId::as_bytes), now.as_millis(), from))?;
    if written == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict(format!(
            "the payment of {}",
            after.order
        )))
    }
}
