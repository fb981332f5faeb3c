//! Commands about orders' payments: load, decide, persist, reply.

use kernel::{OrderId, Timestamp};
use store::StoreResult;
use store_mongo::{Unit, enqueue, from_id, id, is_new, want_handled, was_handled};

use super::ledger::{self, Writer};
use super::payouts;
use super::rows::PaymentRow;
use crate::domain::{AccountKey, Action, OrderCommand, Payment, Terms, accounts_touched, decide};
use crate::events;
use crate::store::payment::StateFields;

/// Handles commands, one after the other. What they need is asked for all together first, so that two loads suffice however many
/// they are: the rows that they name, then the accounts that only a payment's row names.
pub(super) fn settle_all(
    unit: &mut Unit,
    commands: &[OrderCommand],
    terms: &Terms,
    writer: &Writer,
) -> StoreResult<()> {
    for command in commands {
        if may_come_too_early(&command.action) {
            want_handled(unit, command.order, command.message)?;
        }
        ledger::want(unit, writer, accounts_named(command))?;
    }
    unit.want::<PaymentRow>(commands.iter().map(|command| id(command.order)))?;
    for command in commands {
        if command.action == Action::Refund
            && let Some(row) = unit.get::<PaymentRow>(&id(command.order))?
        {
            let buyer = AccountKey::available(from_id(row.buyer));
            ledger::want(unit, writer, [buyer])?;
        }
    }
    commands
        .iter()
        .try_for_each(|command| settle(unit, command, terms, writer))
}

/// Whether the command may be refused because no payment is known yet. It then stays refused when it comes again, so it is noted in the
/// inbox. All else is told by the payment's row: a debit and a cancellation make one if there is none, and no state leads back to
/// one in which the same command would act again.
fn may_come_too_early(action: &Action) -> bool {
    match action {
        Action::Debit { .. } | Action::Cancel { .. } => false,
        Action::Refund | Action::Release { .. } => true,
    }
}

/// The accounts that the command itself names.
fn accounts_named(command: &OrderCommand) -> Vec<AccountKey> {
    match &command.action {
        Action::Debit { buyer, .. } | Action::Cancel { buyer } => {
            vec![AccountKey::available(*buyer)]
        }
        Action::Refund => Vec::new(),
        Action::Release { shares } => shares
            .iter()
            .map(|share| AccountKey::pending(share.seller))
            .collect(),
    }
}

/// Handles one command, and puts its reply into the outbox.
fn settle(
    unit: &mut Unit,
    command: &OrderCommand,
    terms: &Terms,
    writer: &Writer,
) -> StoreResult<()> {
    let now = writer.now;
    let payment = load(unit, command.order)?;
    let mut accounts = ledger::load(unit, &accounts_touched(command, payment.as_ref()))?;
    let decision = decide(command, payment.as_ref(), &mut accounts, terms, now)?;
    let early = may_come_too_early(&command.action);
    // What does not fit a balance today may fit tomorrow: that refusal is not noted, so the same message may ask again.
    if early && payment.is_none() && !decision.may_be_asked_again() {
        is_new(unit, command.order, command.message, now)?;
    }
    if let Some(change) = &decision.change {
        if early && was_handled(unit, command.order, command.message)? {
            // It came before and was refused; that was its answer, whatever has happened since.
            return Ok(());
        }
        if let Some(recorded) = &change.recorded {
            ledger::write(unit, writer, recorded)?;
        }
        for payout in &change.payouts {
            payouts::add(unit, payout)?;
        }
        unit.put(row(&change.payment, now))?;
    } else if payment.is_some() {
        unit.handled_before();
    }
    enqueue(unit, &events::seal(command.order, decision.reply, now))
}

/// What is known of the payment of `order`.
fn load(unit: &mut Unit, order: OrderId) -> StoreResult<Option<Payment>> {
    let Some(row) = unit.get::<PaymentRow>(&id(order))? else {
        return Ok(None);
    };
    let fields = StateFields {
        state: row.state,
        total: row.amount.zip(row.currency.clone()),
        debit: row.debit.map(from_id),
        settlement: row.settlement.map(from_id),
    };
    Ok(Some(Payment {
        order,
        buyer: from_id(row.buyer),
        state: fields.decode()?,
    }))
}

fn row(payment: &Payment, now: Timestamp) -> PaymentRow {
    let fields = StateFields::encode(&payment.state);
    let (amount, currency) = fields.total.unzip();
    PaymentRow {
        order: id(payment.order),
        buyer: id(payment.buyer),
        state: fields.state,
        amount,
        currency,
        debit: fields.debit.map(id),
        settlement: fields.settlement.map(id),
        at: now.as_millis(),
    }
}
