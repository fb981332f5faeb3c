//! How the order service asks the product service to reserve stock for an order. Both services use these types, in one process and over
//! HTTP.
//!
//! `POST` [`PATH`] on the product service's internal port with a [`ReserveRequest`]. A 200 and a 409 both carry a [`ReserveAnswer`].
//! After a 503 it is unknown whether stock is held. Any other status is a failure that a retry cannot fix. A repeated request for the
//! same order gets the first answer.
//!
//! As with messages, fields are only added and readers ignore unknown fields, because two releases run side by side during an upgrade.

use std::collections::BTreeMap;
use std::fmt;

use kernel::{Money, OrderId, ProductId, Quantity, UserId, VariantId};
use serde::{Deserialize, Serialize};

/// The path of the endpoint.
pub const PATH: &str = "/internal/reservations";

/// Which stock to hold for which order. The order's id is the reservation's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReserveRequest {
    /// The order.
    pub order: OrderId,
    /// The buyer. Users may not buy their own products.
    pub buyer: UserId,
    /// At least one line; several may name the same article.
    pub lines: Vec<RequestedLine>,
    /// The total that the buyer agreed to, if they named one: the stock is held at exactly this total or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
}

/// What is ordered, held and sold: a variant of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Article {
    /// The product.
    pub product: ProductId,
    /// The variant. None for the product's default variant, so that an article has one form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
}

impl Article {
    /// The variant of `product`; without one, or with the product's own id, the default variant.
    #[must_use]
    pub fn new(product: ProductId, variant: Option<VariantId>) -> Self {
        Self {
            product,
            variant: variant.filter(|id| *id != VariantId::default_of(product)),
        }
    }

    /// The variant's id, which for the default variant is the product's.
    #[must_use]
    pub fn variant_id(&self) -> VariantId {
        self.variant.unwrap_or(VariantId::default_of(self.product))
    }
}

impl From<ProductId> for Article {
    /// The default variant of `product`.
    fn from(product: ProductId) -> Self {
        Self {
            product,
            variant: None,
        }
    }
}

impl fmt::Display for Article {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variant {
            None => write!(f, "product {}", self.product),
            Some(variant) => write!(f, "variant {variant} of product {}", self.product),
        }
    }
}

/// An article and the requested quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedLine {
    /// The product.
    pub product: ProductId,
    /// The variant, as in [`Article`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
    /// The requested quantity.
    pub quantity: Quantity,
    /// What the buyer agreed to pay for one.
    #[serde(default)]
    pub agreed: Agreed,
}

impl RequestedLine {
    /// What is requested.
    #[must_use]
    pub fn article(&self) -> Article {
        Article::new(self.product, self.variant)
    }
}

/// The terms that a buyer agreed to for an article. What they named no value for may be anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreed {
    /// The highest price of one, and its currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    /// The product's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl Agreed {
    /// Whether a product of this version at this price is within the terms.
    #[must_use]
    pub fn allows(&self, unit_price: Money, version: i64) -> bool {
        self.version.is_none_or(|agreed| agreed == version)
            && self.unit_price.is_none_or(|most| {
                most.currency == unit_price.currency && unit_price.amount <= most.amount
            })
    }
}

/// Either all lines are held or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReserveAnswer {
    /// The lines that are held, in the order of the request. Answered with 200.
    Reserved(Vec<ReservedLine>),
    /// The reason why no line is held. Answered with 409.
    Refused(Refusal),
}

/// A held line, at the price at the time of the reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservedLine {
    /// The product.
    pub product: ProductId,
    /// The variant, as in [`Article`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
    /// The variant's options at that time, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The seller.
    pub seller: UserId,
    /// The seller's name at that time, as far as the product service knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_name: Option<String>,
    /// The product's category at that time.
    #[serde(default)]
    pub category: String,
    /// How the buyer gets it.
    #[serde(default, skip_serializing_if = "Delivery::is_none")]
    pub delivery: Delivery,
    /// What the seller takes back.
    #[serde(default, skip_serializing_if = "ReturnPolicy::is_default")]
    pub returns: ReturnPolicy,
    /// The product's name at the time of the reservation.
    pub name: String,
    /// The price of one item at that time.
    pub unit_price: Money,
    /// The quantity held.
    pub quantity: Quantity,
}

impl ReservedLine {
    /// What is held.
    #[must_use]
    pub fn article(&self) -> Article {
        Article::new(self.product, self.variant)
    }
}

/// What a seller takes back, and for how long. An operator's minimum applies besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReturnPolicy {
    /// Whether they take anything back.
    pub accepted: bool,
    /// Within how many days from delivery. None for the operator's minimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_days: Option<u16>,
}

impl Default for ReturnPolicy {
    /// What is accepted if a seller says nothing: everything, for as long as the operator wants it.
    fn default() -> Self {
        Self {
            accepted: true,
            window_days: None,
        }
    }
}

impl ReturnPolicy {
    /// The longest time, in days.
    pub const MAX_DAYS: u16 = 365;

    /// Whether it is the usual one.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Within how many days something is taken back where the operator wants it for `least`. None if nothing is.
    #[must_use]
    pub fn days(&self, least: u32) -> Option<u32> {
        let days = self.window_days.map_or(0, u32::from).max(least);
        self.accepted.then_some(days)
    }
}

/// How a buyer gets what they bought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The seller ships it: the order needs an address.
    Shipped,
    /// Nothing is shipped: a service or a download. It is delivered when it is paid.
    #[default]
    None,
}

kernel::words!(Delivery { Shipped = "shipped", None = "none" });

impl Delivery {
    /// Whether nothing is shipped.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// The reason why nothing is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// Not enough stock.
    #[error("out of stock")]
    OutOfStock(Vec<Shortage>),
    /// Products that do not exist or were removed. Empty if the request has no line at all.
    #[error("unknown products")]
    UnknownProducts(Vec<ProductId>),
    /// Variants that their products do not have, or no longer.
    #[error("unknown variants")]
    UnknownVariants(Vec<Article>),
    /// The sellers of these products are suspended.
    #[error("suspended sellers")]
    SellerSuspended(Vec<ProductId>),
    /// The buyer is the seller of these products.
    #[error("the buyer's own products")]
    OwnProducts(Vec<ProductId>),
    /// The lines are in more than one currency.
    #[error("more than one currency")]
    MixedCurrencies,
    /// The total exceeds [`Money::MAX_AMOUNT`].
    #[error("the total is too large")]
    TotalTooLarge,
    /// A price or the total is not what the buyer agreed to.
    #[error("the price has changed")]
    PriceChanged(PriceChanged),
    /// The order's reservation has ended and its stock was returned.
    #[error("the reservation is over")]
    Over,
}

/// What an order would cost now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceChanged {
    /// The articles that are not on the agreed terms; all of the order if only its total is another.
    pub lines: Vec<CurrentPrice>,
    /// The total, if the lines have one: they may be in different currencies by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
}

/// An article's price now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrentPrice {
    /// The product.
    pub product: ProductId,
    /// The variant, as in [`Article`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
    /// The price of one.
    pub unit_price: Money,
    /// The product's version.
    pub version: i64,
}

/// An article with insufficient stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// The product.
    pub product: ProductId,
    /// The variant, as in [`Article`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
    /// The requested quantity, over all lines.
    pub requested: i64,
    /// The available quantity.
    pub available: i64,
}
