//! What the composition root compares with the order service's records: each payment, part and line.

use kernel::{FulfilmentId, LineId, Money, OrderId, UserId};

use super::PaymentStatus;
use crate::domain::{PartLine, Payment, PaymentPart};

/// The wallet's record of an order's payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The order.
    pub order: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// Its status.
    pub status: PaymentStatus,
    /// The total. None for a cancelled payment: no debit was ever requested.
    pub total: Option<Money>,
    /// What was captured for each seller. Empty unless the buyer was debited.
    pub parts: Vec<PartRecord>,
}

/// The wallet's record of what one seller sold in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRecord {
    /// The fulfilment.
    pub fulfilment: FulfilmentId,
    /// The seller.
    pub seller: UserId,
    /// Its lines.
    pub lines: Vec<LineRecord>,
    /// What left escrow at its release, in minor units. None if it is not released.
    pub released: Option<i64>,
}

/// The wallet's record of a line. Amounts are minor units of the payment's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRecord {
    /// The line.
    pub line: LineId,
    /// What it captured.
    pub total: i64,
    /// The commission that was fixed at the debit.
    pub commission: i64,
    /// What the buyer has back.
    pub refunded: i64,
    /// What the platform gave back of the commission.
    pub reversed: i64,
}

impl From<Payment> for PaymentRecord {
    fn from(payment: Payment) -> Self {
        Self {
            order: payment.order,
            buyer: payment.buyer,
            status: payment.state.status(),
            total: payment.state.total(),
            parts: payment.parts.iter().map(PartRecord::from).collect(),
        }
    }
}

impl From<&PaymentPart> for PartRecord {
    fn from(part: &PaymentPart) -> Self {
        Self {
            fulfilment: part.fulfilment,
            seller: part.seller,
            lines: part.lines.iter().map(LineRecord::from).collect(),
            released: part.released.map(|released| released.amount),
        }
    }
}

impl From<&PartLine> for LineRecord {
    fn from(line: &PartLine) -> Self {
        Self {
            line: line.line,
            total: line.total,
            commission: line.commission,
            refunded: line.refunded,
            reversed: line.reversed,
        }
    }
}
