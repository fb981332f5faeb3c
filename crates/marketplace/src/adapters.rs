//! What one service asks of another, answered in-process.

use std::sync::Arc;

use async_trait::async_trait;
use order_service::{ReservationRefusal, ReservationRequest, Reservations, ReservedLine, Shortage};
use product_service::{LineRequest, ProductService, ReserveError, ReserveRefusal, ReserveRequest};
use store::StoreError;

/// The order service's reservations, held by the product service in the same process.
pub struct InProcessReservations(pub Arc<ProductService>);

#[async_trait]
impl Reservations for InProcessReservations {
    async fn reserve(
        &self,
        request: ReservationRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        let lines = request
            .lines
            .into_iter()
            .map(|(product, quantity)| LineRequest { product, quantity })
            .collect();
        let request = ReserveRequest {
            order: request.order,
            buyer: request.buyer,
            lines,
        };
        let order = request.order;
        let reserving = self.0.reserve(request);
        let reservation = telemetry::within("reserve stock", order, reserving)
            .await
            .map_err(refusal)?;
        Ok(reservation
            .lines
            .into_iter()
            .map(|line| ReservedLine {
                product: line.product,
                seller: line.seller,
                name: line.name,
                unit_price: line.unit_price,
                quantity: line.quantity,
            })
            .collect())
    }
}

fn refusal(error: ReserveError) -> ReservationRefusal {
    match error {
        ReserveError::Refused(ReserveRefusal::OutOfStock(lines)) => ReservationRefusal::OutOfStock(
            lines
                .into_iter()
                .map(|line| Shortage {
                    product_id: line.product,
                    requested: line.requested,
                    available: line.available,
                })
                .collect(),
        ),
        ReserveError::Refused(ReserveRefusal::UnknownProducts(products)) => {
            ReservationRefusal::UnknownProducts(products)
        }
        ReserveError::Refused(ReserveRefusal::OwnProducts(products)) => {
            ReservationRefusal::OwnProducts(products)
        }
        ReserveError::Refused(ReserveRefusal::MixedCurrencies) => {
            ReservationRefusal::MixedCurrencies
        }
        ReserveError::Refused(ReserveRefusal::TotalTooLarge) => ReservationRefusal::TotalTooLarge,
        ReserveError::Refused(ReserveRefusal::Over(_)) => ReservationRefusal::Over,
        ReserveError::Store(error @ (StoreError::Unavailable(_) | StoreError::Conflict(_))) => {
            ReservationRefusal::Unavailable(error.to_string())
        }
        ReserveError::Store(error @ (StoreError::Duplicate(_) | StoreError::Corrupt(_))) => {
            ReservationRefusal::Failed(error.to_string())
        }
    }
}
