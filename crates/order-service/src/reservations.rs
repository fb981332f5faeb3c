//! The port to the product service: holding stock for an order. The composition root gives it an adapter, in-process or HTTP.

#[cfg(feature = "http-client")]
mod http;

#[cfg(feature = "http-client")]
pub use http::HttpReservations;

use async_trait::async_trait;
use kernel::{Money, OrderId, ProductId, Quantity, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// What to hold for which order. Repeating it with the same order gives the first answer.
#[derive(Debug, Clone)]
pub struct ReservationRequest {
    /// The order, and the key of the reservation.
    pub order: OrderId,
    /// Who buys: nobody may buy their own product.
    pub buyer: UserId,
    /// One line a product.
    pub lines: Vec<(ProductId, Quantity)>,
}

/// A line that is held, at the price of the moment.
#[derive(Debug, Clone)]
pub struct ReservedLine {
    /// The product.
    pub product: ProductId,
    /// Who sells it.
    pub seller: UserId,
    /// What it is called now.
    pub name: String,
    /// What one costs now.
    pub unit_price: Money,
    /// How many are held.
    pub quantity: Quantity,
}

/// A line that there is not enough stock for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// The product.
    pub product_id: ProductId,
    /// How many were asked for.
    #[schema(example = 3)]
    pub requested: i64,
    /// How many there are.
    #[schema(example = 1)]
    pub available: i64,
}

/// Why nothing was held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReservationRefusal {
    /// Not enough stock.
    #[error("out of stock")]
    OutOfStock(Vec<Shortage>),
    /// No such products, or removed ones.
    #[error("unknown products")]
    UnknownProducts(Vec<ProductId>),
    /// The buyer sells them.
    #[error("own products")]
    OwnProducts(Vec<ProductId>),
    /// The lines are in more than one currency.
    #[error("more than one currency")]
    MixedCurrencies,
    /// The total is more than an amount can be.
    #[error("total too large")]
    TotalTooLarge,
    /// The reservation of this order was given back before: it came too late.
    #[error("reservation is over")]
    Over,
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
    /// Holds all lines or none.
    async fn reserve(
        &self,
        request: ReservationRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal>;
}
