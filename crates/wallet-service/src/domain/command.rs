//! What the order service asks about an order's payment, and the replies. `settle` decides.

use std::time::Duration;

use kernel::{Currency, FulfilmentId, LineId, OrderId, RefundId, TransactionId, UserId};

use super::{AccountKey, Charge, Earning, PartRefund, Payment, PaymentState, Recorded, RefundLine};

/// What the order service requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Debit `buyer`, or decline.
    Debit {
        /// Who pays.
        buyer: UserId,
        /// For what.
        charge: Charge,
    },
    /// Reverse the debit, or prevent it.
    Cancel {
        /// Who would have paid.
        buyer: UserId,
    },
    /// Give the buyer back some of a part.
    Refund {
        /// The part.
        fulfilment: FulfilmentId,
        /// The refund's id, which names it for all time.
        refund: RefundId,
        /// How much of each line; more than nothing in all.
        lines: Vec<RefundLine>,
    },
    /// Pay the seller of a part.
    Release {
        /// The part.
        fulfilment: FulfilmentId,
    },
}

impl Action {
    /// The refund that it asks for.
    pub(crate) const fn refund(&self) -> Option<RefundId> {
        match self {
            Self::Refund { refund, .. } => Some(*refund),
            Self::Debit { .. } | Self::Cancel { .. } | Self::Release { .. } => None,
        }
    }
}

/// A command about an order's payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderCommand {
    /// The order.
    pub(crate) order: OrderId,
    /// Ids for the transactions that it makes, in their order. No command makes more.
    pub(crate) transactions: [TransactionId; 3],
    /// The requested action.
    pub(crate) action: Action,
}

/// What is recorded about what a command is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// The order's payment.
    pub(crate) payment: Option<&'a Payment>,
    /// The refund that the command asks for, if it was made before.
    pub(crate) refund: Option<&'a PartRefund>,
    /// The earnings from the part that wait for the end of their hold. Only a refund after the release asks for them.
    pub(crate) earning: Option<&'a Earning>,
}

impl OrderCommand {
    /// The accounts that the decision needs. Without a `payment`, those that the command itself names. The debt of
    /// [`whom it credits`](Self::credits) comes on top, where there can be one.
    pub(crate) fn accounts(&self, payment: Option<&Payment>) -> Vec<AccountKey> {
        match (&self.action, payment) {
            (Action::Debit { buyer, .. } | Action::Cancel { buyer }, None) => {
                vec![AccountKey::available(*buyer)]
            }
            // What was debited is not debited again.
            (Action::Debit { .. }, Some(_))
            | (Action::Refund { .. } | Action::Release { .. }, None) => Vec::new(),
            (Action::Cancel { .. }, Some(payment)) => vec![AccountKey::available(payment.buyer)],
            (Action::Refund { fulfilment, .. }, Some(payment)) => {
                let mut accounts = vec![AccountKey::available(payment.buyer)];
                let part = payment.part(*fulfilment);
                if let Some(part) = part.filter(|part| part.released.is_some()) {
                    accounts.extend([
                        AccountKey::pending(part.seller),
                        AccountKey::available(part.seller),
                        AccountKey::debt(part.seller),
                    ]);
                }
                accounts
            }
            (Action::Release { fulfilment }, Some(payment)) => match payment.part(*fulfilment) {
                Some(part) if part.released.is_none() => vec![
                    AccountKey::pending(part.seller),
                    AccountKey::debt(part.seller),
                ],
                Some(_) | None => Vec::new(),
            },
        }
    }

    /// The earnings that it may reverse: those of a part that was released.
    pub(crate) fn reverses(&self, payment: Option<&Payment>) -> Option<(OrderId, FulfilmentId)> {
        let Action::Refund { fulfilment, .. } = &self.action else {
            return None;
        };
        let part = payment?.part(*fulfilment)?;
        part.released
            .is_some()
            .then_some((self.order, part.fulfilment))
    }

    /// Who gets money in their available account by it, and in which currency.
    pub(crate) const fn credits(&self, payment: Option<&Payment>) -> Option<(UserId, Currency)> {
        match (&self.action, payment) {
            (
                Action::Cancel { .. } | Action::Refund { .. },
                Some(Payment {
                    buyer,
                    state: PaymentState::Debited(debit),
                    ..
                }),
            ) => Some((*buyer, debit.total.currency)),
            (
                Action::Debit { .. }
                | Action::Cancel { .. }
                | Action::Refund { .. }
                | Action::Release { .. },
                _,
            ) => None,
        }
    }
}

/// Why a command is refused: it conflicts with the payment's record, and an operator must investigate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing of the order is or was in escrow.
    NotDebited,
    /// The payment has no such part.
    UnknownPart,
    /// The part has no such line.
    UnknownLine,
    /// More than what is left of the part, or of a line.
    ExceedsPart,
    /// A refund with this id was made, and it was another one.
    OtherRefund,
    /// A seller has been paid.
    AlreadyReleased,
    /// The debit was for another buyer, another total or other lines.
    OtherPayment,
    /// A balance would exceed [`kernel::Money::MAX_AMOUNT`]. The same command may be accepted later.
    BalanceLimit,
}

kernel::words!(Refusal {
    NotDebited = "not_debited", UnknownPart = "unknown_part", UnknownLine = "unknown_line",
    ExceedsPart = "exceeds_part", OtherRefund = "other_refund",
    AlreadyReleased = "already_released", OtherPayment = "other_payment",
    BalanceLimit = "balance_limit"
});

/// What a command asked for, where a refusal names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A debit.
    Debit,
    /// The cancellation of a debit.
    Cancel,
    /// A refund of a part.
    Refund(FulfilmentId, RefundId),
    /// The release of a part.
    Release(FulfilmentId),
}

impl From<&Action> for Refused {
    fn from(action: &Action) -> Self {
        match action {
            Action::Debit { .. } => Self::Debit,
            Action::Cancel { .. } => Self::Cancel,
            Action::Refund {
                fulfilment, refund, ..
            } => Self::Refund(*fulfilment, *refund),
            Action::Release { fulfilment } => Self::Release(*fulfilment),
        }
    }
}

/// A reply to the order service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The total is in escrow.
    Debited {
        /// The transaction.
        transaction: TransactionId,
        /// The commission of each line.
        commissions: Vec<(LineId, i64)>,
    },
    /// The buyer has insufficient funds; nothing was posted.
    Declined,
    /// Escrow holds no money for the order and never will.
    Cancelled {
        /// Whether a debit had been made and was returned.
        refunded: bool,
    },
    /// The buyer has the refund.
    Refunded {
        /// The part.
        fulfilment: FulfilmentId,
        /// The refund.
        refund: RefundId,
        /// The transaction that gave it to the buyer.
        transaction: TransactionId,
        /// The commission that it gave back, of each of its lines.
        reversed: Vec<(LineId, i64)>,
    },
    /// The part was paid to its seller and the platform.
    Released {
        /// The part.
        fulfilment: FulfilmentId,
        /// The transaction. None if nothing was left.
        transaction: Option<TransactionId>,
    },
    /// The command conflicts with the payment's record.
    Refused {
        /// What was asked for.
        what: Refused,
        /// Why not.
        reason: Refusal,
    },
}

/// What happens to the record of a part's earnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Earned {
    /// It is new.
    New(Earning),
    /// A refund took some of it.
    Less(Earning),
    /// A refund took all of it.
    Gone(OrderId, FulfilmentId),
}

/// The part of a decision that is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The new or updated payment.
    pub(crate) payment: Payment,
    /// The transactions, in their order.
    pub(crate) recorded: Vec<Recorded>,
    /// The refund, if it is one.
    pub(crate) refund: Option<PartRefund>,
    /// What becomes of a seller's earnings.
    pub(crate) earned: Option<Earned>,
}

/// A command's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// None if nothing changes.
    pub(crate) change: Option<Change>,
    /// The reply.
    pub(crate) reply: Reply,
}

impl Decision {
    pub(super) const fn unchanged(reply: Reply) -> Self {
        Self {
            change: None,
            reply,
        }
    }

    /// Saves `payment`, and the transactions that changed it.
    pub(super) fn changed(
        payment: Payment,
        recorded: impl IntoIterator<Item = Recorded>,
        reply: Reply,
    ) -> Self {
        let change = Change {
            payment,
            recorded: recorded.into_iter().collect(),
            refund: None,
            earned: None,
        };
        Self {
            change: Some(change),
            reply,
        }
    }

    /// Whether the command had been carried out before.
    pub(crate) const fn is_repeat(&self) -> bool {
        self.change.is_none() && !matches!(self.reply, Reply::Refused { .. })
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
