//! What the audit needs to know of orders. The order service has no invariant of its own to check: its states have to agree with
//! the wallet's payments, and that is compared where both can be read, in the composition root.

use chassis::store::StoreResult;
use kernel::{Money, OrderId};
use rusqlite::Connection;

use crate::domain::{Escrow, OrderState};
use crate::store::orders_to_audit;

/// An order, as far as money is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditedOrder {
    /// Which order.
    pub id: OrderId,
    /// Where its saga is.
    pub state: OrderState,
    /// What became of its money.
    pub escrow: Escrow,
    /// What it costs.
    pub total: Money,
    /// Whether its stock is known to be sold.
    pub confirmed: bool,
}

/// Reads all orders, or only the one asked for, from a store's file.
///
/// # Errors
/// A store error.
pub fn orders(
    connection: &Connection,
    only: Option<OrderId>,
    each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    orders_to_audit(connection, only, each)
}
