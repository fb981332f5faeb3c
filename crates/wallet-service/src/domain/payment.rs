//! An order's payment: a small state machine, driven by the order service's commands, that says which transaction each
//! command makes. It decides from what is recorded and never twice, so a repeated command has the first one's answer.
//!
//! ```text
//! nothing known --debit--> debited --cancel--> reversed
//!       |   \                |  \------refund--> refunded
//!       |    \--> declined   \--------release--> released
//!       \--cancel--> cancelled (refuses any debit that comes later)
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{MessageId, Money, OrderId, Timestamp, TransactionId, UserId};

use super::{
    AccountKey, Accounts, Header, Kind, LedgerError, OperationId, Payout, Posting, Recorded,
    SystemAccount, Transaction,
};

/// A debit that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Debit {
    /// How much went to escrow.
    pub(crate) total: Money,
    /// The transaction.
    pub(crate) transaction: TransactionId,
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentState {
    /// The buyer had less than `total`.
    Declined {
        /// What was asked for.
        total: Money,
    },
    /// A tombstone: nothing was debited, and nothing will be.
    Cancelled,
    /// The total is in escrow.
    Debited(Debit),
    /// It was, and went back because the order was given up at its deadline.
    Reversed {
        /// The debit.
        debit: Debit,
        /// The transaction that reversed it.
        by: TransactionId,
    },
    /// It was, and went back because the order could not be fulfilled.
    Refunded {
        /// The debit.
        debit: Debit,
        /// The transaction that refunded it.
        by: TransactionId,
    },
    /// It was, and went to the sellers and the platform.
    Released {
        /// The debit.
        debit: Debit,
        /// The transaction that released it.
        by: TransactionId,
    },
}

/// What is known of an order's payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The order.
    pub(crate) order: OrderId,
    /// Who pays.
    pub(crate) buyer: UserId,
    /// How far it is.
    pub(crate) state: PaymentState,
}

/// A seller's part of an order's total, before commission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Who sold.
    pub(crate) seller: UserId,
    /// For how much.
    pub(crate) money: Money,
}

/// What the order service asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Debit `buyer`, or decline.
    Debit {
        /// Who pays.
        buyer: UserId,
        /// How much.
        total: Money,
    },
    /// Reverse the debit, or never make it.
    Cancel {
        /// Who would have paid.
        buyer: UserId,
    },
    /// Give the money back.
    Refund,
    /// Pay the sellers.
    Release {
        /// Each line's seller and part.
        shares: Vec<Share>,
    },
}

impl Action {
    /// The saga's word for the command.
    pub(crate) const fn step(&self) -> &'static str {
        match self {
            Self::Debit { .. } => "debit",
            Self::Cancel { .. } => "cancel-debit",
            Self::Refund => "refund",
            Self::Release { .. } => "release-escrow",
        }
    }
}

/// A command about an order's payment, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderCommand {
    /// The message's id; the same in a resend.
    pub(crate) message: MessageId,
    /// The order.
    pub(crate) order: OrderId,
    /// Id for the transaction, if it makes one.
    pub(crate) transaction: TransactionId,
    /// What is asked for.
    pub(crate) action: Action,
}

/// Why a command is refused: it does not fit what is known, and an operator has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is in escrow for the order.
    NotDebited,
    /// The sellers were paid.
    AlreadyReleased,
    /// It was debited for another buyer or another total.
    OtherPayment,
    /// The shares do not sum to the total, or are in another currency.
    SharesMismatch,
    /// A balance would not fit.
    BalanceLimit,
}

impl Refusal {
    /// Stable word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotDebited => "not_debited",
            Self::AlreadyReleased => "already_released",
            Self::OtherPayment => "other_payment",
            Self::SharesMismatch => "shares_mismatch",
            Self::BalanceLimit => "balance_limit",
        }
    }
}

/// What the order service is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The total is in escrow.
    Debited {
        /// The transaction.
        transaction: TransactionId,
    },
    /// The buyer has too little; nothing was posted.
    Declined,
    /// No money of the order is or ever will be in escrow.
    Cancelled {
        /// A debit had been made and was reversed.
        refunded: bool,
    },
    /// The total went back to the buyer.
    Refunded {
        /// The transaction.
        transaction: TransactionId,
    },
    /// The total went to the sellers.
    Released {
        /// The transaction.
        transaction: TransactionId,
    },
    /// The command does not fit.
    Refused {
        /// The command's step.
        step: &'static str,
        /// Why.
        reason: Refusal,
    },
}

/// What is to be kept of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The payment as it now is.
    pub(crate) payment: Payment,
    /// The transaction, if one was made.
    pub(crate) recorded: Option<Recorded>,
    /// What the sellers earned.
    pub(crate) payouts: Vec<Payout>,
}

/// A command's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// None if all is as it was.
    pub(crate) change: Option<Change>,
    /// What to say.
    pub(crate) reply: Reply,
}

impl Decision {
    const fn unchanged(reply: Reply) -> Self {
        Self {
            change: None,
            reply,
        }
    }
}

/// The platform's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Its part of each sale, in hundredths of a percent.
    pub(crate) commission_basis_points: u16,
    /// How long earnings stay pending.
    pub(crate) payout_hold: Duration,
}

/// The accounts that [`decide`] needs.
pub(crate) fn accounts_touched(
    command: &OrderCommand,
    payment: Option<&Payment>,
) -> Vec<AccountKey> {
    let debited = payment.is_some_and(|payment| matches!(payment.state, PaymentState::Debited(_)));
    match (&command.action, payment) {
        (Action::Debit { buyer, .. }, None) => vec![AccountKey::available(*buyer)],
        (Action::Cancel { .. } | Action::Refund, Some(payment)) if debited => {
            vec![AccountKey::available(payment.buyer)]
        }
        (Action::Release { shares }, Some(_)) if debited => {
            let mut sellers: Vec<AccountKey> = shares
                .iter()
                .map(|share| AccountKey::pending(share.seller))
                .collect();
            sellers.sort_unstable();
            sellers.dedup();
            sellers
        }
        (Action::Debit { .. }, Some(_))
        | (Action::Cancel { .. } | Action::Refund | Action::Release { .. }, _) => Vec::new(),
    }
}

/// Decides `command` on what is known of the order's `payment` and of the accounts it touches.
///
/// # Errors
/// [`LedgerError`] if the ledger is not as it must be: a defect, not a refusal.
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
            Ok(Decision {
                change: Some(Change {
                    payment,
                    recorded: None,
                    payouts: Vec::new(),
                }),
                reply: Reply::Cancelled { refunded: false },
            })
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
        .get(account)
        .map_or(0, |account| account.balance(total.currency));
    let payment = |state| Payment {
        order: command.order,
        buyer,
        state,
    };
    if held < total.amount {
        let payment = payment(PaymentState::Declined { total });
        return Ok(Decision {
            change: Some(Change {
                payment,
                recorded: None,
                payouts: Vec::new(),
            }),
            reply: Reply::Declined,
        });
    }
    let postings = vec![
        Posting::user(account, negative(total, buyer)?),
        Posting::system(SystemAccount::Escrow, total),
    ];
    let recorded =
        Transaction::new(header(command, Kind::OrderPayment), postings)?.record(accounts, now)?;
    let transaction = recorded.header.id;
    let payment = payment(PaymentState::Debited(Debit { total, transaction }));
    Ok(Decision {
        change: Some(Change {
            payment,
            recorded: Some(recorded),
            payouts: Vec::new(),
        }),
        reply: Reply::Debited { transaction },
    })
}

fn debit_again(command: &OrderCommand, payment: &Payment, buyer: UserId, total: Money) -> Reply {
    match payment.state {
        PaymentState::Declined { .. } => Reply::Declined,
        PaymentState::Cancelled => Reply::Cancelled { refunded: false },
        PaymentState::Reversed { .. } => Reply::Cancelled { refunded: true },
        PaymentState::Debited(debit)
        | PaymentState::Refunded { debit, .. }
        | PaymentState::Released { debit, .. } => {
            if debit.total == total && payment.buyer == buyer {
                Reply::Debited {
                    transaction: debit.transaction,
                }
            } else {
                Reply::Refused {
                    step: command.action.step(),
                    reason: Refusal::OtherPayment,
                }
            }
        }
    }
}

fn cancel(
    command: &OrderCommand,
    payment: &Payment,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    match payment.state {
        PaymentState::Debited(debit) => {
            let recorded = give_back(command, payment.buyer, debit, accounts, now)?;
            let state = PaymentState::Reversed {
                debit,
                by: recorded.header.id,
            };
            Ok(Decision {
                change: Some(Change {
                    payment: Payment { state, ..*payment },
                    recorded: Some(recorded),
                    payouts: Vec::new(),
                }),
                reply: Reply::Cancelled { refunded: true },
            })
        }
        PaymentState::Declined { .. } | PaymentState::Cancelled => {
            Ok(Decision::unchanged(Reply::Cancelled { refunded: false }))
        }
        // Refunded: the money is back with the buyer, which is all that a cancel asks for.
        PaymentState::Reversed { .. } | PaymentState::Refunded { .. } => {
            Ok(Decision::unchanged(Reply::Cancelled { refunded: true }))
        }
        PaymentState::Released { .. } => Ok(refused(command, Refusal::AlreadyReleased)),
    }
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
            let transaction = recorded.header.id;
            let state = PaymentState::Refunded {
                debit,
                by: transaction,
            };
            Ok(Decision {
                change: Some(Change {
                    payment: Payment { state, ..*payment },
                    recorded: Some(recorded),
                    payouts: Vec::new(),
                }),
                reply: Reply::Refunded { transaction },
            })
        }
        PaymentState::Refunded { by, .. } => {
            Ok(Decision::unchanged(Reply::Refunded { transaction: by }))
        }
        PaymentState::Released { .. } => Ok(refused(command, Refusal::AlreadyReleased)),
        PaymentState::Declined { .. } | PaymentState::Cancelled | PaymentState::Reversed { .. } => {
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
        PaymentState::Released { by, .. } => {
            return Ok(Decision::unchanged(Reply::Released { transaction: by }));
        }
        PaymentState::Declined { .. }
        | PaymentState::Cancelled
        | PaymentState::Reversed { .. }
        | PaymentState::Refunded { .. } => return Ok(refused(command, Refusal::NotDebited)),
    };
    let Some(parts) = parts(shares, debit.total) else {
        return Ok(refused(command, Refusal::SharesMismatch));
    };
    let currency = debit.total.currency;
    let available_at = now.plus(terms.payout_hold);
    let mut postings = vec![Posting::system(
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
            postings.push(Posting::user(AccountKey::pending(seller), net));
            payouts.push(Payout {
                order: command.order,
                seller,
                money: net,
                available_at,
            });
        }
    }
    if fees > 0 {
        postings.push(Posting::system(
            SystemAccount::PlatformFees,
            Money::new(fees, currency),
        ));
    }
    let recorded =
        Transaction::new(header(command, Kind::OrderRelease), postings)?.record(accounts, now)?;
    let transaction = recorded.header.id;
    let state = PaymentState::Released {
        debit,
        by: transaction,
    };
    Ok(Decision {
        change: Some(Change {
            payment: Payment { state, ..*payment },
            recorded: Some(recorded),
            payouts,
        }),
        reply: Reply::Released { transaction },
    })
}

/// Each seller's part of `total`, or None if the shares are not exactly it.
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

/// Escrow back to the buyer.
fn give_back(
    command: &OrderCommand,
    buyer: UserId,
    debit: Debit,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Recorded, LedgerError> {
    let postings = vec![
        Posting::system(SystemAccount::Escrow, negative(debit.total, buyer)?),
        Posting::user(AccountKey::available(buyer), debit.total),
    ];
    Transaction::new(header(command, Kind::OrderRefund), postings)?.record(accounts, now)
}

fn header(command: &OrderCommand, kind: Kind) -> Header {
    Header {
        id: command.transaction,
        kind,
        operation: OperationId::of_payment(command.order, command.action.step()),
        order: Some(command.order),
        reference: None,
    }
}

fn negative(money: Money, owner: UserId) -> Result<Money, LedgerError> {
    money
        .checked_neg()
        .map_err(|_| LedgerError::Overflow { owner })
}
