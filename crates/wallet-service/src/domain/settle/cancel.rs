//! Cancel: the payment's deadline has passed. What is in escrow goes back to the buyer, or a tombstone refuses a debit that comes later.

use kernel::UserId;

use super::{Step, money};
use crate::domain::command::{Decision, Refusal};
use crate::domain::journal::negative;
use crate::domain::{
    AccountKey, Accounts, Credited, Debit, Kind, LedgerError, OperationId, Payment, PaymentPart,
    PaymentState, Posting, Reply, SystemAccount,
};

pub(super) fn cancel(
    step: Step<'_>,
    payment: Option<&Payment>,
    buyer: UserId,
    accounts: &mut Accounts,
) -> Result<Decision, LedgerError> {
    let Some(payment) = payment else {
        let payment = Payment {
            order: step.command.order,
            buyer,
            state: PaymentState::Cancelled,
            parts: Vec::new(),
        };
        let reply = Reply::Cancelled { refunded: false };
        return Ok(Decision::changed(payment, None, reply));
    };
    match payment.state {
        PaymentState::Declined { .. } | PaymentState::Cancelled => {
            Ok(Decision::unchanged(Reply::Cancelled { refunded: false }))
        }
        PaymentState::Reversed { .. } => {
            Ok(Decision::unchanged(Reply::Cancelled { refunded: true }))
        }
        PaymentState::Debited(_) if payment.parts.iter().any(|part| part.released.is_some()) => {
            Ok(step.refused(Refusal::AlreadyReleased))
        }
        PaymentState::Debited(debit) => reverse(step, payment, debit, accounts),
    }
}

/// Gives back what was captured and not refunded, and closes all parts.
fn reverse(
    step: Step<'_>,
    payment: &Payment,
    debit: Debit,
    accounts: &mut Accounts,
) -> Result<Decision, LedgerError> {
    let (buyer, currency) = (payment.buyer, debit.total.currency);
    let left = payment.parts.iter().map(PaymentPart::left).sum();
    let left = money(left, currency, buyer)?;
    let [transaction, repayment, _] = step.command.transactions;
    let reversed = |by| Payment {
        state: PaymentState::Reversed { debit, by },
        parts: payment
            .parts
            .iter()
            .map(PaymentPart::refunded_whole)
            .collect(),
        ..payment.clone()
    };
    let reply = Reply::Cancelled { refunded: true };
    if left.amount == 0 {
        return Ok(Decision::changed(reversed(None), None, reply));
    }
    let postings = [
        Posting::System(SystemAccount::Escrow, negative(left, buyer)?),
        Posting::User(AccountKey::available(buyer), left),
    ];
    let operation = OperationId::of_payment(payment.order, "cancel-debit");
    let kind = Kind::OrderRefund;
    let recorded = step.post(transaction, kind, operation, &postings, accounts)?;
    let credited = Credited::to(buyer, recorded, repayment, accounts, step.now)?;
    let payment = reversed(Some(transaction));
    Ok(Decision::changed(payment, credited, reply))
}
