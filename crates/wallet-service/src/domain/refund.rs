//! A refund of a part, as it was made. A repeated command is answered from it.

use kernel::{FulfilmentId, LineId, Money, OrderId, RefundId, TransactionId};

use super::part::{RefundLine, RefundedLine};

/// A refund that the buyer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRefund {
    /// Its id, which names it for all time.
    pub(crate) id: RefundId,
    /// The order.
    pub(crate) order: OrderId,
    /// The part.
    pub(crate) fulfilment: FulfilmentId,
    /// What the buyer got: the sum of its lines.
    pub(crate) money: Money,
    /// What was given back of each line.
    pub(crate) lines: Vec<RefundedLine>,
    /// The transaction from escrow to the buyer.
    pub(crate) transaction: TransactionId,
    /// The transaction before it, from the seller and the platform to escrow, if the part had been released.
    pub(crate) reversal: Option<TransactionId>,
}

impl PartRefund {
    /// Whether this is the refund of `lines` of the part `fulfilment` of `order`.
    pub(super) fn is_of(
        &self,
        order: OrderId,
        fulfilment: FulfilmentId,
        lines: &[RefundLine],
    ) -> bool {
        let amounts = self.lines.iter().map(|line| (line.line, line.amount));
        self.order == order
            && self.fulfilment == fulfilment
            && amounts.eq(lines.iter().map(|line| (line.line, line.amount)))
    }

    /// The commission that it gave back, of each line.
    pub(super) fn reversed(&self) -> Vec<(LineId, i64)> {
        let lines = self.lines.iter();
        lines.map(|line| (line.line, line.reversed)).collect()
    }
}
