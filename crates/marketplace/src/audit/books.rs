//! The data that an audit reads from the services, independent of the store.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::OrderId;
use order_service::AuditedOrder;
use product_service::{ReservationState, StockAudit};
use store::StoreResult;
use wallet_service::audit::{AuditReport, PaymentRecord};

/// The books of all services. Each method reads one snapshot of one service's books.
#[async_trait]
pub(crate) trait Books: Send + Sync {
    /// Checks the ledger.
    async fn ledger(&self) -> StoreResult<AuditReport>;
    /// Checks the stock book.
    async fn stock(&self) -> StoreResult<StockAudit>;
    /// All orders.
    async fn orders(&self) -> StoreResult<HashMap<OrderId, AuditedOrder>>;
    /// All payments.
    async fn payments(&self) -> StoreResult<HashMap<OrderId, PaymentRecord>>;
    /// The outcome of every reservation.
    async fn reservations(&self) -> StoreResult<HashMap<OrderId, ReservationState>>;
    /// One order, in its current state.
    async fn order(&self, order: OrderId) -> StoreResult<Option<AuditedOrder>>;
    /// Its payment, in its current state.
    async fn payment(&self, order: OrderId) -> StoreResult<Option<PaymentRecord>>;
    /// Its reservation, in its current state.
    async fn reservation(&self, order: OrderId) -> StoreResult<Option<ReservationState>>;
}
