//! The port to the product service: holding stock for an order. The composition root gives it an adapter, in-process or HTTP.

#[cfg(feature = "http-client")]
mod http;

#[cfg(feature = "http-client")]
pub use http::HttpReservations;

use async_trait::async_trait;
use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};

/// Why nothing was held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReservationRefusal {
    /// The product service refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The product service cannot answer; whether stock is held is unknown, and its lease will tell.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The product service failed in a way that trying again does not mend.
    #[error("failed: {0}")]
    Failed(String),
}

/// Holds stock.
#[async_trait]
pub trait Reservations: Send + Sync {
    /// Holds all lines or none. Repeating a request for the same order gives the first answer.
    async fn reserve(
        &self,
        request: ReserveRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal>;
}
