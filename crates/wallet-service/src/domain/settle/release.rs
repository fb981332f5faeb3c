//! Release of a part, once: escrow gives all that was captured and not refunded. The platform gets the commission that is left, the seller
//! the rest: their debt is repaid first, and what remains is pending until its hold ends.

use kernel::{FulfilmentId, Money};

use super::{Step, money};
use crate::domain::command::{Decision, Earned, Refusal};
use crate::domain::debt::owed;
use crate::domain::journal::negative;
use crate::domain::part::Release;
use crate::domain::{
    AccountKey, Accounts, Earning, Kind, LedgerError, OperationId, Payment, PaymentPart,
    PaymentState, Posting, Reply, SystemAccount, Terms,
};

pub(super) fn release(
    step: Step<'_>,
    payment: Option<&Payment>,
    fulfilment: FulfilmentId,
    accounts: &mut Accounts,
    terms: &Terms,
) -> Result<Decision, LedgerError> {
    let Some((payment, PaymentState::Debited(debit))) =
        payment.map(|payment| (payment, payment.state))
    else {
        return Ok(step.refused(Refusal::NotDebited));
    };
    let Some(part) = payment.part(fulfilment) else {
        return Ok(step.refused(Refusal::UnknownPart));
    };
    let released = |transaction| Reply::Released {
        fulfilment,
        transaction,
    };
    if let Some(release) = part.released {
        return Ok(Decision::unchanged(released(release.transaction)));
    }
    let (seller, currency) = (part.seller, debit.total.currency);
    let gross = money(part.left(), currency, seller)?;
    let after = |transaction| {
        payment.with_part(PaymentPart {
            released: Some(Release {
                amount: gross.amount,
                transaction,
            }),
            ..part.clone()
        })
    };
    if gross.amount == 0 {
        return Ok(Decision::changed(after(None), None, released(None)));
    }
    let overflow = |_| LedgerError::Overflow { owner: seller };
    let fees = money(part.commission_left(), currency, seller)?;
    let net = gross.checked_sub(fees).map_err(overflow)?;
    let repaid = Money::new(owed(seller, currency, accounts)?.min(net.amount), currency);
    let earns = net.checked_sub(repaid).map_err(overflow)?;
    let mut postings = vec![Posting::System(
        SystemAccount::Escrow,
        negative(gross, seller)?,
    )];
    if repaid.amount > 0 {
        postings.push(Posting::User(AccountKey::debt(seller), repaid));
    }
    if earns.amount > 0 {
        postings.push(Posting::User(AccountKey::pending(seller), earns));
    }
    if fees.amount > 0 {
        postings.push(Posting::System(SystemAccount::PlatformFees, fees));
    }
    let [transaction, ..] = step.command.transactions;
    let operation = OperationId::of_release(payment.order, fulfilment);
    let kind = Kind::OrderRelease;
    let recorded = step.post(transaction, kind, operation, &postings, accounts)?;
    let reply = released(Some(transaction));
    let mut decision = Decision::changed(after(Some(transaction)), Some(recorded), reply);
    if let Some(change) = &mut decision.change
        && earns.amount > 0
    {
        change.earned = Some(Earned::New(Earning {
            order: payment.order,
            fulfilment,
            seller,
            money: earns,
            available_at: step.now.plus(terms.payout_hold),
        }));
    }
    Ok(decision)
}
