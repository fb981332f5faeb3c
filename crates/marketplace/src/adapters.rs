//! Calls from one service to another, made in-process.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::dealings::Dealings;
use contracts::reservations::{ReserveRequest, ReservedLine};
use kernel::UserId;
use order_service::{OrderService, ReservationRefusal, Reservations};
use product_service::ProductService;
use store::StoreError;
use user_service::Settlements;
use wallet_service::WalletService;

/// The order service's reservations port, implemented by the product service in the same process.
pub(crate) struct InProcessReservations(pub(crate) Arc<ProductService>);

#[async_trait]
impl Reservations for InProcessReservations {
    async fn reserve(
        &self,
        request: ReserveRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        let order = request.order;
        let reserving = self.0.reserve(request);
        let held = telemetry::within("reserve stock", order, reserving).await;
        held.map_err(|error| match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => {
                ReservationRefusal::Unavailable(error.to_string())
            }
            StoreError::Duplicate(_) | StoreError::Corrupt(_) => {
                ReservationRefusal::Failed(error.to_string())
            }
        })?
        .map_err(Into::into)
    }
}

/// What users have still to settle, of the order and the wallet service in the same process.
pub(crate) struct InProcessSettlements {
    pub(crate) orders: Arc<OrderService>,
    pub(crate) wallet: Arc<WalletService>,
}

#[async_trait]
impl Settlements for InProcessSettlements {
    async fn left_of(&self, user: UserId) -> Result<Dealings, String> {
        let orders = self.orders.dealings(user).await;
        let wallet = self.wallet.dealings(user).await;
        let fault = |error: StoreError| error.to_string();
        Ok(orders.map_err(fault)?.and(wallet.map_err(fault)?))
    }
}
