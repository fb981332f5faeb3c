//! A product: its description, seller, price and stock.

use contracts::reservations::Delivery;
use kernel::{Money, ProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Category, Description, ProductName, Stock};

/// Whether a product can be found and bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProductStatus {
    /// In the catalogue.
    Active,
    /// Removed by its seller, permanently. Old orders still refer to it.
    Removed,
}

/// A product that a seller wants to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// The seller.
    pub seller: UserId,
    /// Its name.
    pub name: ProductName,
    /// Its description.
    pub description: Description,
    /// Price of one, positive.
    pub price: Money,
    /// How many there are.
    pub stock: Stock,
    /// Its category.
    pub category: Category,
    /// How its buyers get it.
    pub delivery: Delivery,
}

impl NewProduct {
    /// The product, listed at `now` under `id`.
    #[must_use]
    pub fn list(self, id: ProductId, now: Timestamp) -> Product {
        Product {
            id,
            seller: self.seller,
            name: self.name,
            description: self.description,
            price: self.price,
            stock: self.stock,
            category: self.category,
            delivery: self.delivery,
            status: ProductStatus::Active,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The seller. Never changes.
    pub seller: UserId,
    /// Its name.
    pub name: ProductName,
    /// Its description.
    pub description: Description,
    /// Price of one, positive.
    pub price: Money,
    /// How many can be ordered now: neither held nor sold.
    pub stock: Stock,
    /// Its category.
    pub category: Category,
    /// How its buyers get it.
    pub delivery: Delivery,
    /// Whether it can be found and bought.
    pub status: ProductStatus,
    /// Increases with every edit and every change of stock.
    pub version: i64,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When it last changed, stock included. Never decreases, even if the clock does.
    pub updated_at: Timestamp,
}

impl Product {
    /// Whether `viewer` may see it: everyone sees an active product, only its seller a removed one.
    #[must_use]
    pub fn is_visible_to(&self, viewer: Option<UserId>) -> bool {
        match self.status {
            ProductStatus::Active => true,
            ProductStatus::Removed => viewer == Some(self.seller),
        }
    }

    /// The product after its stock changed by `delta` at `now`. None if the stock would be negative.
    #[must_use]
    pub fn with_stock_changed(&self, delta: i64, now: Timestamp) -> Option<Self> {
        let stock = Stock::stored(self.stock.get().checked_add(delta)?)?;
        let restocked = Self {
            stock,
            ..self.clone()
        };
        Some(restocked.changed_at(now))
    }

    /// The product as its next version.
    pub(super) fn changed_at(self, now: Timestamp) -> Self {
        Self {
            version: self.version.saturating_add(1),
            updated_at: self.updated_at.max(now),
            ..self
        }
    }
}

/// Why a product was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefusal {
    /// There is no such product, or it was removed.
    #[error("there is no such product")]
    NotFound,
    /// Someone else sells it.
    #[error("only its seller may change a product")]
    NotOwner,
    /// The change was made for another version.
    #[error("the product is at version {version} now")]
    Changed {
        /// The current version.
        version: i64,
    },
}
