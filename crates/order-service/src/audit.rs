//! What the audit needs to know of orders. The order service has no invariant of its own to check: its states have to agree with
//! the wallet's payments, and that is compared where both can be read, in the composition root.

use kernel::{Money, OrderId};
#[cfg(feature = "sqlite")]
use rusqlite::Connection;
#[cfg(any(feature = "sqlite", feature = "mongo"))]
use store::StoreResult;
#[cfg(feature = "mongo")]
use store_mongo::mongodb::Database;

use crate::domain::{Escrow, Order, OrderState};

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

impl AuditedOrder {
    /// What the audit needs to know of `order`.
    pub(crate) const fn of(order: &Order) -> Self {
        Self {
            id: order.id,
            state: order.state,
            escrow: order.escrow,
            total: order.total,
            confirmed: order.confirmed,
        }
    }
}

/// Reads all orders, or only the one asked for, from a store's file.
///
/// # Errors
/// A store error.
#[cfg(feature = "sqlite")]
pub fn orders(
    connection: &Connection,
    only: Option<OrderId>,
    each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    crate::store::orders_to_audit(connection, only, each)
}

/// Reads all orders, or only the one asked for, from one snapshot of a store's database.
///
/// # Errors
/// A store error.
#[cfg(feature = "mongo")]
pub async fn orders_in_mongo(
    database: &Database,
    only: Option<OrderId>,
    each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    crate::store::orders_in_mongo(database, only, each).await
}
