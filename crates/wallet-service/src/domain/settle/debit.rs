//! Debit: buyer to escrow. It captures each part, and fixes the commission of each line.

use kernel::{LineId, Money, UserId};

use super::Step;
use crate::domain::command::{Decision, Refusal};
use crate::domain::journal::negative;
use crate::domain::{
    AccountKey, Accounts, Charge, Debit, Kind, LedgerError, OperationId, Payment, PaymentPart,
    PaymentState, Posting, Reply, SystemAccount, Terms,
};

pub(super) fn debit(
    step: Step<'_>,
    payment: Option<&Payment>,
    buyer: UserId,
    charge: &Charge,
    accounts: &mut Accounts,
    terms: &Terms,
) -> Result<Decision, LedgerError> {
    if let Some(payment) = payment {
        return Ok(debit_again(step, payment, buyer, charge));
    }
    let (account, total) = (AccountKey::available(buyer), charge.total());
    let held = accounts
        .get(&account)
        .map_or(0, |account| account.balance(total.currency));
    let order = step.command.order;
    if held < total.amount {
        let payment = Payment {
            order,
            buyer,
            state: PaymentState::Declined { total },
            parts: Vec::new(),
        };
        return Ok(Decision::changed(payment, None, Reply::Declined));
    }
    let parts = charge.parts().iter().map(|part| {
        PaymentPart::captured_from(part, terms.commission_basis_points)
            .map_err(|_| LedgerError::Overflow { owner: part.seller })
    });
    let parts = parts.collect::<Result<Vec<PaymentPart>, LedgerError>>()?;
    let postings = [
        Posting::User(account, negative(total, buyer)?),
        Posting::System(SystemAccount::Escrow, total),
    ];
    let [transaction, ..] = step.command.transactions;
    let operation = OperationId::of_payment(order, "debit");
    let kind = Kind::OrderPayment;
    let recorded = step.post(transaction, kind, operation, &postings, accounts)?;
    let payment = Payment {
        order,
        buyer,
        state: PaymentState::Debited(Debit { total, transaction }),
        parts,
    };
    let reply = debited(&payment, transaction);
    Ok(Decision::changed(payment, Some(recorded), reply))
}

fn debited(payment: &Payment, transaction: kernel::TransactionId) -> Reply {
    let lines = payment.parts.iter().flat_map(|part| &part.lines);
    let commissions: Vec<(LineId, i64)> = lines.map(|line| (line.line, line.commission)).collect();
    Reply::Debited {
        transaction,
        commissions,
    }
}

fn debit_again(step: Step<'_>, payment: &Payment, buyer: UserId, charge: &Charge) -> Decision {
    match payment.state {
        PaymentState::Declined { .. } => Decision::unchanged(Reply::Declined),
        PaymentState::Cancelled => Decision::unchanged(Reply::Cancelled { refunded: false }),
        PaymentState::Reversed { .. } => Decision::unchanged(Reply::Cancelled { refunded: true }),
        PaymentState::Debited(debit) if is_same(payment, debit.total, buyer, charge) => {
            Decision::unchanged(debited(payment, debit.transaction))
        }
        PaymentState::Debited(_) => step.refused(Refusal::OtherPayment),
    }
}

fn is_same(payment: &Payment, total: Money, buyer: UserId, charge: &Charge) -> bool {
    payment.buyer == buyer
        && total == charge.total()
        && payment.parts.len() == charge.parts().len()
        && payment
            .parts
            .iter()
            .zip(charge.parts())
            .all(|(part, charged)| part.is_of(charged))
}
