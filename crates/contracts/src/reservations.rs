//! How the order service asks the product service to hold stock for an order. Both services use these types, in one process and over
//! HTTP.
//!
//! `POST` [`PATH`] on the product service's internal port with a [`ReserveRequest`]. A 200 and a 409 both carry a
//! [`ReserveAnswer`]. After a 503 it is unknown whether stock is held. Any other status is a failure that a retry does not mend. A
//! repeated request for the same order gets the first answer.
//!
//! As with messages, fields are only added and readers ignore unknown fields, because two releases run side by side during an upgrade.

use kernel::{Money, OrderId, ProductId, Quantity, UserId};
use serde::{Deserialize, Serialize};

/// Where to ask.
pub const PATH: &str = "/internal/reservations";

/// What to hold for which order. The order's id is the reservation's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveRequest {
    /// The order.
    pub order: OrderId,
    /// Who buys: nobody may buy their own product.
    pub buyer: UserId,
    /// At least one line; several may name the same product.
    pub lines: Vec<RequestedLine>,
}

/// How many of which product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedLine {
    /// The product.
    pub product: ProductId,
    /// How many.
    pub quantity: Quantity,
}

/// All lines are held, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReserveAnswer {
    /// The lines that are held, in the order of the request. Answered with 200.
    Reserved(Vec<ReservedLine>),
    /// Why none is. Answered with 409.
    Refused(Refusal),
}

/// A line that is held, at the price of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservedLine {
    /// The product.
    pub product: ProductId,
    /// Who sells it.
    pub seller: UserId,
    /// What it was called when it was held.
    pub name: String,
    /// What one cost then.
    pub unit_price: Money,
    /// How many are held.
    pub quantity: Quantity,
}

/// Why nothing is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// Not enough stock.
    #[error("out of stock")]
    OutOfStock(Vec<Shortage>),
    /// No such products, or removed ones. Empty if the request has no line at all.
    #[error("unknown products")]
    UnknownProducts(Vec<ProductId>),
    /// The buyer sells them.
    #[error("the buyer's own products")]
    OwnProducts(Vec<ProductId>),
    /// The lines are in more than one currency.
    #[error("more than one currency")]
    MixedCurrencies,
    /// The total exceeds [`Money::MAX_AMOUNT`].
    #[error("the total is too large")]
    TotalTooLarge,
    /// The order's reservation was made before and is over: its stock went back.
    #[error("the reservation is over")]
    Over,
}

/// A product of which there is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// The product.
    pub product: ProductId,
    /// How many were asked for, over all lines.
    pub requested: i64,
    /// How many there are.
    pub available: i64,
}
