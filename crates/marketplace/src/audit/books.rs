//! The data that an audit reads from the services, independent of the store.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::OrderId;
use order_service::AuditedOrder;
use product_service::{ReservationState, StockAudit};
use store::StoreResult;
use wallet_service::audit::{AuditReport, PaymentRecord};

/// What each order has in one service's books.
pub(crate) type ByOrder<T> = StoreResult<HashMap<OrderId, T>>;

/// The books of all services. Each method reads one snapshot of one service's books: of all orders, or of `only` one.
#[async_trait(?Send)]
pub(crate) trait Books {
    /// Checks the ledger.
    async fn ledger(&self) -> StoreResult<AuditReport>;
    /// Checks the stock book.
    async fn stock(&self) -> StoreResult<StockAudit>;
    /// The orders.
    async fn orders(&self, only: Option<OrderId>) -> ByOrder<AuditedOrder>;
    /// The payments.
    async fn payments(&self, only: Option<OrderId>) -> ByOrder<PaymentRecord>;
    /// The outcome of each reservation.
    async fn reservations(&self, only: Option<OrderId>) -> ByOrder<ReservationState>;
}
