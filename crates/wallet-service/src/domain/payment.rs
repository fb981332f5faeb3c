//! An order's payment: its state, the commands of the order service, and the replies to them. `settle` decides.

use std::time::Duration;

use kernel::{MessageId, Money, OrderId, TransactionId, UserId};

use super::{Payout, Recorded};

/// A completed debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Debit {
    /// The amount moved to escrow.
    pub(crate) total: Money,
    /// The transaction.
    pub(crate) transaction: TransactionId,
}

/// The state of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentState {
    /// The buyer's balance was below `total`.
    Declined {
        /// The requested amount.
        total: Money,
    },
    /// A tombstone: nothing was debited, and any later debit is refused.
    Cancelled,
    /// The total is in escrow.
    Debited(Debit),
    /// The total has left escrow.
    Settled {
        /// Why.
        how: Settlement,
        /// The debit.
        debit: Debit,
        /// The transaction that moved it.
        by: TransactionId,
    },
}

/// Why an order's total left escrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// The debit was reversed because the order reached its payment deadline.
    Reversed,
    /// The debit was refunded because the order could not be fulfilled.
    Refunded,
    /// The total was paid to the sellers and the platform.
    Released,
}

/// The name of a payment's state, without its amounts and transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer had insufficient funds; nothing was posted.
    Declined,
    /// Nothing was debited, and any later debit is refused.
    Cancelled,
    /// The total is in escrow.
    Debited,
    /// The debit was reversed at the payment's deadline.
    Reversed,
    /// The debit was refunded later.
    Refunded,
    /// The total moved from escrow to the sellers.
    Released,
}

impl PaymentStatus {
    /// Whether the buyer was debited.
    pub(crate) const fn is_debited(self) -> bool {
        !matches!(self, Self::Declined | Self::Cancelled)
    }

    /// Whether the total has left escrow.
    pub(crate) const fn is_settled(self) -> bool {
        matches!(self, Self::Reversed | Self::Refunded | Self::Released)
    }
}

impl PaymentState {
    /// Builds the state for `status` from its amounts and transactions. None if one is missing.
    pub(crate) fn of(
        status: PaymentStatus,
        total: Option<Money>,
        debit: Option<TransactionId>,
        settlement: Option<TransactionId>,
    ) -> Option<Self> {
        let debit = total
            .zip(debit)
            .map(|(total, transaction)| Debit { total, transaction });
        let settled = |how| {
            Some(Self::Settled {
                how,
                debit: debit?,
                by: settlement?,
            })
        };
        match status {
            PaymentStatus::Declined => total.map(|total| Self::Declined { total }),
            PaymentStatus::Cancelled => Some(Self::Cancelled),
            PaymentStatus::Debited => debit.map(Self::Debited),
            PaymentStatus::Reversed => settled(Settlement::Reversed),
            PaymentStatus::Refunded => settled(Settlement::Refunded),
            PaymentStatus::Released => settled(Settlement::Released),
        }
    }

    /// Its status.
    pub(crate) const fn status(&self) -> PaymentStatus {
        match self {
            Self::Declined { .. } => PaymentStatus::Declined,
            Self::Cancelled => PaymentStatus::Cancelled,
            Self::Debited(_) => PaymentStatus::Debited,
            Self::Settled { how, .. } => match how {
                Settlement::Reversed => PaymentStatus::Reversed,
                Settlement::Refunded => PaymentStatus::Refunded,
                Settlement::Released => PaymentStatus::Released,
            },
        }
    }

    /// The debit, if one was made.
    pub(crate) const fn debit(&self) -> Option<Debit> {
        match *self {
            Self::Declined { .. } | Self::Cancelled => None,
            Self::Debited(debit) | Self::Settled { debit, .. } => Some(debit),
        }
    }

    /// The requested total. None for a cancelled payment: no debit was ever requested.
    pub(crate) fn total(&self) -> Option<Money> {
        if let Self::Declined { total } = *self {
            return Some(total);
        }
        self.debit().map(|debit| debit.total)
    }

    /// The transaction that moved the total out of escrow.
    pub(crate) const fn settlement(&self) -> Option<TransactionId> {
        match *self {
            Self::Declined { .. } | Self::Cancelled | Self::Debited(_) => None,
            Self::Settled { by, .. } => Some(by),
        }
    }
}

/// The record of an order's payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The order.
    pub(crate) order: OrderId,
    /// Who pays.
    pub(crate) buyer: UserId,
    /// Its state.
    pub(crate) state: PaymentState,
}

/// A seller's part of an order's total, before commission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// The seller.
    pub(crate) seller: UserId,
    /// The seller's part.
    pub(crate) money: Money,
}

/// What the order service requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Debit `buyer`, or decline.
    Debit {
        /// Who pays.
        buyer: UserId,
        /// The amount.
        total: Money,
    },
    /// Reverse the debit, or prevent it.
    Cancel {
        /// Who would have paid.
        buyer: UserId,
    },
    /// Return the money to the buyer.
    Refund,
    /// Pay the sellers.
    Release {
        /// Each line's seller and part.
        shares: Vec<Share>,
    },
}

impl Action {
    /// The saga's name for the command.
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
    /// The message's id. A redelivered message keeps its id.
    pub(crate) message: MessageId,
    /// The order.
    pub(crate) order: OrderId,
    /// Id for the transaction, if it makes one.
    pub(crate) transaction: TransactionId,
    /// The requested action.
    pub(crate) action: Action,
}

/// Why a command is refused: it conflicts with the payment's record, and an operator must investigate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is in escrow for the order.
    NotDebited,
    /// The sellers have been paid.
    AlreadyReleased,
    /// The debit was for another buyer or another total.
    OtherPayment,
    /// The shares do not sum to the total, or are in another currency.
    SharesMismatch,
    /// A balance would exceed [`Money::MAX_AMOUNT`]. The same command may be accepted later.
    BalanceLimit,
}

impl Refusal {
    /// The stable code.
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

/// A reply to the order service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The total is in escrow.
    Debited {
        /// The transaction.
        transaction: TransactionId,
    },
    /// The buyer has insufficient funds; nothing was posted.
    Declined,
    /// Escrow holds no money for the order and never will.
    Cancelled {
        /// Whether a debit had been made and was returned.
        refunded: bool,
    },
    /// The total was returned to the buyer.
    Refunded {
        /// The transaction.
        transaction: TransactionId,
    },
    /// The total was paid to the sellers.
    Released {
        /// The transaction.
        transaction: TransactionId,
    },
    /// The command conflicts with the payment's state.
    Refused {
        /// The command's step.
        step: &'static str,
        /// Why.
        reason: Refusal,
    },
}

/// The part of a decision that is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The updated payment.
    pub(crate) payment: Payment,
    /// The transaction, if one was made.
    pub(crate) recorded: Option<Recorded>,
    /// The sellers' earnings.
    pub(crate) payouts: Vec<Payout>,
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

    /// Saves `payment`, and the transaction that changed it if there was one.
    pub(super) const fn changed(
        payment: Payment,
        recorded: Option<Recorded>,
        reply: Reply,
    ) -> Self {
        let change = Change {
            payment,
            recorded,
            payouts: Vec::new(),
        };
        Self {
            change: Some(change),
            reply,
        }
    }

    /// Whether the command was refused for a temporary reason.
    pub(crate) fn may_be_asked_again(&self) -> bool {
        matches!(
            self.reply,
            Reply::Refused {
                reason: Refusal::BalanceLimit,
                ..
            }
        )
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
