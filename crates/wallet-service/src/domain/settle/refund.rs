//! Refund of a part. Before its release, escrow gives the buyer back what it holds of it. After its release, the platform gives back its
//! share of the commission and the seller the rest, through escrow: from this part's own pending earnings first, then from what the seller
//! has available, and what is missing becomes their debt.

use kernel::{Currency, FulfilmentId, Money, RefundId, TransactionId, UserId};

use super::{Step, money};
use crate::domain::command::{Decision, Earned, Known, Refusal};
use crate::domain::journal::negative;
use crate::domain::{
    AccountKey, Accounts, Credited, Earning, Kind, LedgerError, OperationId, PartRefund,
    PaymentState, Posting, Recorded, RefundLine, Reply, SystemAccount,
};

/// What the command asks for.
pub(super) struct Wanted<'a> {
    pub(super) fulfilment: FulfilmentId,
    pub(super) refund: RefundId,
    pub(super) lines: &'a [RefundLine],
}

pub(super) fn refund(
    step: Step<'_>,
    known: &Known<'_>,
    wanted: &Wanted<'_>,
    accounts: &mut Accounts,
) -> Result<Decision, LedgerError> {
    let order = step.command.order;
    if let Some(made) = known.refund {
        let is_same = made.is_of(order, wanted.fulfilment, wanted.lines);
        return Ok(if is_same {
            Decision::unchanged(refunded(made))
        } else {
            step.refused(Refusal::OtherRefund)
        });
    }
    let Some((payment, PaymentState::Debited(debit))) =
        known.payment.map(|payment| (payment, payment.state))
    else {
        return Ok(step.refused(Refusal::NotDebited));
    };
    let Some(part) = payment.part(wanted.fulfilment) else {
        return Ok(step.refused(Refusal::UnknownPart));
    };
    let currency = debit.total.currency;
    let (after, lines) = match part.refund(wanted.lines, currency) {
        Ok(refund) => refund,
        Err(refusal) => return Ok(step.refused(refusal)),
    };
    let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.map(i128::from).sum::<i128>();
    let amount = sum(&mut lines.iter().map(|line| line.amount));
    let amount = money(amount, currency, payment.buyer)?;
    let mut recorded = Vec::with_capacity(3);
    let mut earned = None;
    let [transaction, repayment, reversal] = step.command.transactions;
    if part.released.is_some() {
        let fees = sum(&mut lines.iter().map(|line| line.reversed));
        let fees = money(fees, currency, part.seller)?;
        let share = Share { amount, fees };
        let given = give_back(step, reversal, &share, part.seller, known.earning, accounts)?;
        recorded.push(given.0);
        earned = given.1;
    }
    let postings = [
        Posting::System(SystemAccount::Escrow, negative(amount, payment.buyer)?),
        Posting::User(AccountKey::available(payment.buyer), amount),
    ];
    let operation = OperationId::of_refund(order, wanted.refund);
    let kind = Kind::OrderRefund;
    let credit = step.post(transaction, kind, operation, &postings, accounts)?;
    recorded.extend(Credited::to(
        payment.buyer,
        credit,
        repayment,
        accounts,
        step.now,
    )?);
    let refund = PartRefund {
        id: wanted.refund,
        order,
        fulfilment: wanted.fulfilment,
        money: amount,
        lines,
        transaction,
        reversal: part.released.map(|_| reversal),
    };
    let reply = refunded(&refund);
    let mut decision = Decision::changed(payment.with_part(after), recorded, reply);
    if let Some(change) = &mut decision.change {
        change.refund = Some(refund);
        change.earned = earned;
    }
    Ok(decision)
}

fn refunded(made: &PartRefund) -> Reply {
    Reply::Refunded {
        fulfilment: made.fulfilment,
        refund: made.id,
        transaction: made.transaction,
        reversed: made.reversed(),
    }
}

/// A refund, and how much of it the platform gives.
struct Share {
    amount: Money,
    fees: Money,
}

/// Moves a refund from the seller and the platform to escrow. Returns the transaction and what becomes of the part's earnings.
fn give_back(
    step: Step<'_>,
    id: TransactionId,
    share: &Share,
    seller: UserId,
    earning: Option<&Earning>,
    accounts: &mut Accounts,
) -> Result<(Recorded, Option<Earned>), LedgerError> {
    let currency = share.amount.currency;
    let overflow = |_| LedgerError::Overflow { owner: seller };
    let mut owes = share
        .amount
        .checked_sub(share.fees)
        .map_err(overflow)?
        .amount;
    let mut postings = Vec::with_capacity(5);
    let mut earned = None;
    if let Some(earning) = earning {
        let taken = earning.money.amount.min(owes);
        if taken > 0 {
            owes -= taken;
            postings.push(out_of(AccountKey::pending(seller), taken, currency)?);
            let rest = Money::new(earning.money.amount - taken, currency);
            earned = Some(if rest.amount > 0 {
                Earned::Less(Earning {
                    money: rest,
                    ..*earning
                })
            } else {
                Earned::Gone(earning.order, earning.fulfilment)
            });
        }
    }
    let available = AccountKey::available(seller);
    let held = accounts
        .get(&available)
        .map_or(0, |account| account.balance(currency));
    let taken = held.min(owes);
    if taken > 0 {
        owes -= taken;
        postings.push(out_of(available, taken, currency)?);
    }
    if owes > 0 {
        postings.push(out_of(AccountKey::debt(seller), owes, currency)?);
    }
    if share.fees.amount > 0 {
        let fees = negative(share.fees, seller)?;
        postings.push(Posting::System(SystemAccount::PlatformFees, fees));
    }
    postings.push(Posting::System(SystemAccount::Escrow, share.amount));
    let refund = step.command.action.refund().ok_or(LedgerError::Empty)?;
    let operation = OperationId::of_reversal(step.command.order, refund);
    let kind = Kind::EarningReversal;
    let recorded = step.post(id, kind, operation, &postings, accounts)?;
    Ok((recorded, earned))
}

fn out_of(account: AccountKey, amount: i64, currency: Currency) -> Result<Posting, LedgerError> {
    let money = negative(Money::new(amount, currency), account.owner)?;
    Ok(Posting::User(account, money))
}
