//! An order's payment: its state and its parts. `command` has what the order service asks about it, `settle` decides.

use kernel::{FulfilmentId, Money, OrderId, TransactionId, UserId};

use super::PaymentPart;

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
    /// The buyer was debited. The parts say what is still in escrow.
    Debited(Debit),
    /// The order reached its payment deadline: all that was left in escrow went back to the buyer.
    Reversed {
        /// The debit.
        debit: Debit,
        /// The transaction that reversed it. None if nothing was left.
        by: Option<TransactionId>,
    },
}

/// The name of a payment's state, without its amounts and transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer had insufficient funds; nothing was posted.
    Declined,
    /// Nothing was debited, and any later debit is refused.
    Cancelled,
    /// The buyer was debited. The parts say what is still in escrow.
    Debited,
    /// The debit was reversed at the payment's deadline.
    Reversed,
}

impl PaymentStatus {
    /// Whether the buyer was debited.
    #[must_use]
    pub const fn is_debited(self) -> bool {
        matches!(self, Self::Debited | Self::Reversed)
    }
}

impl PaymentState {
    /// Builds the state for `status` from its amounts and transactions. None if one is missing.
    pub(crate) fn of(
        status: PaymentStatus,
        total: Option<Money>,
        debit: Option<TransactionId>,
        by: Option<TransactionId>,
    ) -> Option<Self> {
        let debit = total
            .zip(debit)
            .map(|(total, transaction)| Debit { total, transaction });
        match status {
            PaymentStatus::Declined => total.map(|total| Self::Declined { total }),
            PaymentStatus::Cancelled => Some(Self::Cancelled),
            PaymentStatus::Debited => debit.map(Self::Debited),
            PaymentStatus::Reversed => debit.map(|debit| Self::Reversed { debit, by }),
        }
    }

    /// Its status.
    pub(crate) const fn status(&self) -> PaymentStatus {
        match self {
            Self::Declined { .. } => PaymentStatus::Declined,
            Self::Cancelled => PaymentStatus::Cancelled,
            Self::Debited(_) => PaymentStatus::Debited,
            Self::Reversed { .. } => PaymentStatus::Reversed,
        }
    }

    /// The debit, if one was made.
    pub(crate) const fn debit(&self) -> Option<Debit> {
        match *self {
            Self::Declined { .. } | Self::Cancelled => None,
            Self::Debited(debit) | Self::Reversed { debit, .. } => Some(debit),
        }
    }

    /// The requested total. None for a cancelled payment: no debit was ever requested.
    pub(crate) fn total(&self) -> Option<Money> {
        if let Self::Declined { total } = *self {
            return Some(total);
        }
        self.debit().map(|debit| debit.total)
    }

    /// The transaction that reversed the debit.
    pub(crate) const fn reversal(&self) -> Option<TransactionId> {
        match *self {
            Self::Declined { .. } | Self::Cancelled | Self::Debited(_) => None,
            Self::Reversed { by, .. } => by,
        }
    }
}

/// The record of an order's payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// The order.
    pub(crate) order: OrderId,
    /// Who pays.
    pub(crate) buyer: UserId,
    /// Its state.
    pub(crate) state: PaymentState,
    /// What was captured for each seller. Empty unless the buyer was debited.
    pub(crate) parts: Vec<PaymentPart>,
}

impl Payment {
    /// Its part `fulfilment`.
    pub(crate) fn part(&self, fulfilment: FulfilmentId) -> Option<&PaymentPart> {
        self.parts.iter().find(|part| part.fulfilment == fulfilment)
    }

    /// The payment with `part` in place of what it was before.
    pub(super) fn with_part(&self, part: PaymentPart) -> Self {
        let mut after = self.clone();
        for known in &mut after.parts {
            if known.fulfilment == part.fulfilment {
                *known = part;
                break;
            }
        }
        after
    }
}
