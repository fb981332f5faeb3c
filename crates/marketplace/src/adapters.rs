//! Calls from one service to another, made in-process.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::reservations::{ReserveRequest, ReservedLine};
use order_service::{ReservationRefusal, Reservations};
use product_service::ProductService;
use store::StoreError;

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
