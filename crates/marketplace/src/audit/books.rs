//! The data that an audit reads from the services, independent of the store.

use async_trait::async_trait;
use futures_util::stream::LocalBoxStream;
use kernel::OrderId;
use order_service::AuditedOrder;
use product_service::{AuditedReservation, StockAudit};
use store::StoreResult;
use wallet_service::audit::{AuditReport, PaymentRecord};

/// What one service has about orders, sorted by order id.
pub(crate) type ByOrder<'a, T> = StoreResult<LocalBoxStream<'a, StoreResult<T>>>;

/// The books of all services. The checks each read one snapshot of one service's books. The streams are of all orders, or of `only` one, and
/// may be read side by side.
#[async_trait(?Send)]
pub(crate) trait Books {
    /// Checks the ledger.
    async fn ledger(&self) -> StoreResult<AuditReport>;
    /// Checks the stock book.
    async fn stock(&self) -> StoreResult<StockAudit>;
    /// The orders.
    async fn orders(&self, only: Option<OrderId>) -> ByOrder<'_, AuditedOrder>;
    /// The payments.
    async fn payments(&self, only: Option<OrderId>) -> ByOrder<'_, PaymentRecord>;
    /// The reservations.
    async fn reservations(&self, only: Option<OrderId>) -> ByOrder<'_, AuditedReservation>;
}
