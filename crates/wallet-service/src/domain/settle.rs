//! Decides what a command does to an order's payment: a small state machine that maps each command to a transaction.
//! It decides each step once, from recorded state, so a repeated command gets the first one's answer.
//!
//! ```text
//! nothing known --debit--> debited --cancel--> reversed
//!       |   \                |  \------refund--> refunded
//!       |    \--> declined   \--------release--> released
//!       \--cancel--> cancelled (refuses any debit that comes later)
//! ```

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Money, Timestamp, UserId};

use super::journal::negative;
use super::payment::{Change, Decision, Refusal, Settlement};
use super::{
    AccountKey, Accounts, Action, Debit, Header, Kind, LedgerError, OperationId, OrderCommand,
    Payment, PaymentState, Payout, Posting, Recorded, Reply, Share, SystemAccount, Terms,
};

/// The accounts that [`decide`] may need. Without a `payment`, those that the command itself names.
pub(crate) fn accounts_of(command: &OrderCommand, payment: Option<&Payment>) -> Vec<AccountKey> {
    match (&command.action, payment) {
        (Action::Debit { buyer, .. }, _) | (Action::Cancel { buyer }, None) => {
            vec![AccountKey::available(*buyer)]
        }
        (Action::Cancel { .. } | Action::Refund, Some(payment)) => {
            vec![AccountKey::available(payment.buyer)]
        }
        (Action::Refund, None) => Vec::new(),
        (Action::Release { shares }, _) => {
            let sellers: BTreeSet<UserId> = shares.iter().map(|share| share.seller).collect();
            sellers.into_iter().map(AccountKey::pending).collect()
        }
    }
}

/// Decides `command` from the record of the order's `payment` and the accounts it touches.
///
/// # Errors
/// [`LedgerError`] if the ledger is inconsistent. That is a defect, not a refusal.
pub(crate) fn decide(
    command: &OrderCommand,
    payment: Option<&Payment>,
    accounts: &mut Accounts,
    terms: &Terms,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    let decided = match (&command.action, payment) {
        (Action::Debit { buyer, total }, None) => debit(command, *buyer, *total, accounts, now),
        (Action::Debit { buyer, total }, Some(payment)) => Ok(Decision::unchanged(debit_again(
            command, payment, *buyer, *total,
        ))),
        (Action::Cancel { buyer }, None) => {
            let payment = Payment {
                order: command.order,
                buyer: *buyer,
                state: PaymentState::Cancelled,
            };
            let reply = Reply::Cancelled { refunded: false };
            Ok(Decision::changed(payment, None, reply))
        }
        (Action::Cancel { .. }, Some(payment)) => cancel(command, payment, accounts, now),
        (Action::Refund, Some(payment)) => refund(command, payment, accounts, now),
        (Action::Release { shares }, Some(payment)) => {
            release(command, payment, shares, accounts, terms, now)
        }
        (Action::Refund | Action::Release { .. }, None) => {
            Ok(refused(command, Refusal::NotDebited))
        }
    };
    match decided {
        Err(LedgerError::Overflow { .. }) => Ok(refused(command, Refusal::BalanceLimit)),
        other => other,
    }
}

fn refused(command: &OrderCommand, reason: Refusal) -> Decision {
    Decision::unchanged(Reply::Refused {
        step: command.action.step(),
        reason,
    })
}

fn debit(
    command: &OrderCommand,
    buyer: UserId,
    total: Money,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    let account = AccountKey::available(buyer);
    let held = accounts
        .get(&account)
        .map_or(0, |account| account.balance(total.currency));
    let payment = |state| Payment {
        order: command.order,
        buyer,
        state,
    };
    if held < total.amount {
        let payment = payment(PaymentState::Declined { total });
        return Ok(Decision::changed(payment, None, Reply::Declined));
    }
    let postings = [
        Posting::User(account, negative(total, buyer)?),
        Posting::System(SystemAccount::Escrow, total),
    ];
    let recorded = record(command, Kind::OrderPayment, &postings, accounts, now)?;
    let transaction = command.transaction;
    let payment = payment(PaymentState::Debited(Debit { total, transaction }));
    let reply = Reply::Debited { transaction };
    Ok(Decision::changed(payment, Some(recorded), reply))
}

fn debit_again(command: &OrderCommand, payment: &Payment, buyer: UserId, total: Money) -> Reply {
    match payment.state {
        PaymentState::Declined { .. } => Reply::Declined,
        PaymentState::Cancelled => Reply::Cancelled { refunded: false },
        PaymentState::Settled {
            how: Settlement::Reversed,
            ..
        } => Reply::Cancelled { refunded: true },
        PaymentState::Debited(debit) | PaymentState::Settled { debit, .. }
            if debit.total == total && payment.buyer == buyer =>
        {
            Reply::Debited {
                transaction: debit.transaction,
            }
        }
        PaymentState::Debited(_) | PaymentState::Settled { .. } => Reply::Refused {
            step: command.action.step(),
            reason: Refusal::OtherPayment,
        },
    }
}

fn cancel(
    command: &OrderCommand,
    payment: &Payment,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    let refunded = match payment.state {
        PaymentState::Debited(debit) => {
            let recorded = give_back(command, payment.buyer, debit, accounts, now)?;
            let payment = settled(command, payment, debit, Settlement::Reversed);
            let reply = Reply::Cancelled { refunded: true };
            return Ok(Decision::changed(payment, Some(recorded), reply));
        }
        PaymentState::Declined { .. } | PaymentState::Cancelled => false,
        PaymentState::Settled { how, .. } => match how {
            // Refunded: the buyer has the money back, which is all that a cancel requires.
            Settlement::Reversed | Settlement::Refunded => true,
            Settlement::Released => return Ok(refused(command, Refusal::AlreadyReleased)),
        },
    };
    Ok(Decision::unchanged(Reply::Cancelled { refunded }))
}

fn refund(
    command: &OrderCommand,
    payment: &Payment,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    match payment.state {
        PaymentState::Debited(debit) => {
            let recorded = give_back(command, payment.buyer, debit, accounts, now)?;
            let payment = settled(command, payment, debit, Settlement::Refunded);
            let reply = Reply::Refunded {
                transaction: command.transaction,
            };
            Ok(Decision::changed(payment, Some(recorded), reply))
        }
        PaymentState::Settled { how, by, .. } => Ok(match how {
            Settlement::Refunded => Decision::unchanged(Reply::Refunded { transaction: by }),
            Settlement::Released => refused(command, Refusal::AlreadyReleased),
            Settlement::Reversed => refused(command, Refusal::NotDebited),
        }),
        PaymentState::Declined { .. } | PaymentState::Cancelled => {
            Ok(refused(command, Refusal::NotDebited))
        }
    }
}

fn release(
    command: &OrderCommand,
    payment: &Payment,
    shares: &[Share],
    accounts: &mut Accounts,
    terms: &Terms,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    let debit = match payment.state {
        PaymentState::Debited(debit) => debit,
        PaymentState::Settled {
            how: Settlement::Released,
            by,
            ..
        } => return Ok(Decision::unchanged(Reply::Released { transaction: by })),
        PaymentState::Declined { .. } | PaymentState::Cancelled | PaymentState::Settled { .. } => {
            return Ok(refused(command, Refusal::NotDebited));
        }
    };
    let Some(parts) = parts(shares, debit.total) else {
        return Ok(refused(command, Refusal::SharesMismatch));
    };
    let currency = debit.total.currency;
    let available_at = now.plus(terms.payout_hold);
    let mut postings = vec![Posting::System(
        SystemAccount::Escrow,
        negative(debit.total, payment.buyer)?,
    )];
    let (mut payouts, mut fees) = (Vec::new(), 0_i64);
    for (seller, amount) in parts {
        let overflow = |_| LedgerError::Overflow { owner: seller };
        let part = Money::new(amount, currency);
        let fee = part
            .basis_points(terms.commission_basis_points)
            .map_err(overflow)?;
        let net = part.checked_sub(fee).map_err(overflow)?;
        fees = fees
            .checked_add(fee.amount)
            .ok_or(LedgerError::Overflow { owner: seller })?;
        if net.amount > 0 {
            postings.push(Posting::User(AccountKey::pending(seller), net));
            payouts.push(Payout {
                order: command.order,
                seller,
                money: net,
                available_at,
            });
        }
    }
    if fees > 0 {
        let fees = Money::new(fees, currency);
        postings.push(Posting::System(SystemAccount::PlatformFees, fees));
    }
    let recorded = record(command, Kind::OrderRelease, &postings, accounts, now)?;
    let change = Change {
        payment: settled(command, payment, debit, Settlement::Released),
        recorded: Some(recorded),
        payouts,
    };
    Ok(Decision {
        change: Some(change),
        reply: Reply::Released {
            transaction: command.transaction,
        },
    })
}

/// The payment, settled by the transaction that the command makes.
fn settled(command: &OrderCommand, payment: &Payment, debit: Debit, how: Settlement) -> Payment {
    let by = command.transaction;
    Payment {
        state: PaymentState::Settled { how, debit, by },
        ..*payment
    }
}

/// Each seller's part of `total`, or None if the shares do not add up to exactly `total`.
fn parts(shares: &[Share], total: Money) -> Option<BTreeMap<UserId, i64>> {
    let mut parts: BTreeMap<UserId, i64> = BTreeMap::new();
    let mut sum = 0_i128;
    for share in shares {
        if share.money.currency != total.currency || share.money.amount <= 0 {
            return None;
        }
        sum += i128::from(share.money.amount);
        let part = parts.entry(share.seller).or_default();
        *part = part.checked_add(share.money.amount)?;
    }
    (sum == i128::from(total.amount)).then_some(parts)
}

/// Moves the total from escrow back to the buyer.
fn give_back(
    command: &OrderCommand,
    buyer: UserId,
    debit: Debit,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Recorded, LedgerError> {
    let postings = [
        Posting::System(SystemAccount::Escrow, negative(debit.total, buyer)?),
        Posting::User(AccountKey::available(buyer), debit.total),
    ];
    record(command, Kind::OrderRefund, &postings, accounts, now)
}

/// Posts the transaction that the command makes.
fn record(
    command: &OrderCommand,
    kind: Kind,
    postings: &[Posting],
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Recorded, LedgerError> {
    let header = Header {
        id: command.transaction,
        kind,
        operation: OperationId::of_payment(command.order, command.action.step()),
        order: Some(command.order),
        reference: None,
    };
    Recorded::post(header, postings, accounts, now)
}
