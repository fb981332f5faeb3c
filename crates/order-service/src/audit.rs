//! What the audit needs to know of orders. The order service has no invariant of its own to check: its states have to agree with
//! the wallet's payments, and that is compared where both can be read, in the composition root.

use kernel::{Money, OrderId, UserId};

use crate::domain::{Escrow, Order, OrderState};

/// An order, as far as money is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditedOrder {
    /// Which order.
    pub id: OrderId,
    /// Who pays.
    pub buyer: UserId,
    /// Where its saga is.
    pub state: OrderState,
    /// What became of its money.
    pub escrow: Escrow,
    /// What it costs.
    pub total: Money,
    /// Whether its stock is known to be sold.
    pub confirmed: bool,
}

impl From<Order> for AuditedOrder {
    fn from(order: Order) -> Self {
        Self {
            id: order.id,
            buyer: order.buyer,
            state: order.state,
            escrow: order.escrow,
            total: order.total,
            confirmed: order.confirmed,
        }
    }
}
