//! A product: what is sold, by whom, for how much, and how many are left.

use kernel::{Money, ProductId, Timestamp, UserId};

use super::{Category, Description, ProductName, Stock};

/// Whether a product can be found and bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductStatus {
    /// In the catalogue.
    Active,
    /// Taken out by its seller, for good. Old orders still name it.
    Removed,
}

impl ProductStatus {
    /// The word for it in the API and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Removed => "removed",
        }
    }

    /// The status that `word` names.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Active, Self::Removed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// A product as its seller first describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Who sells it.
    pub seller: UserId,
    /// What it is called.
    pub name: ProductName,
    /// What is said of it.
    pub description: Description,
    /// Price of one, positive.
    pub price: Money,
    /// How many there are.
    pub stock: Stock,
    /// Its shelf.
    pub category: Category,
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
    /// Who sells it. Never changes.
    pub seller: UserId,
    /// What it is called.
    pub name: ProductName,
    /// What is said of it.
    pub description: Description,
    /// Price of one, positive.
    pub price: Money,
    /// How many can be ordered now: neither held nor sold.
    pub stock: Stock,
    /// Its shelf.
    pub category: Category,
    /// Whether it can be found and bought.
    pub status: ProductStatus,
    /// Rises with every edit and every change of stock.
    pub version: i64,
    /// When it was listed.
    pub created_at: Timestamp,
    /// When it last changed, stock included. Never goes back, whatever the clock does.
    pub updated_at: Timestamp,
}

impl Product {
    /// Whether `viewer` may see it: everyone an active one, only its seller a removed one.
    #[must_use]
    pub fn is_visible_to(&self, viewer: Option<UserId>) -> bool {
        match self.status {
            ProductStatus::Active => true,
            ProductStatus::Removed => viewer == Some(self.seller),
        }
    }

    /// The product after its stock changed by `delta` at `now`. None if fewer than none would be left.
    #[must_use]
    pub fn with_stock_changed(&self, delta: i64, now: Timestamp) -> Option<Self> {
        let stock = Stock::stored(self.stock.get().checked_add(delta)?)?;
        Some(Self {
            stock,
            version: self.version.saturating_add(1),
            updated_at: self.updated_at.max(now),
            ..self.clone()
        })
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
    /// It is not at the version that the change was made for.
    #[error("the product is at version {version} now")]
    Changed {
        /// The version it is at.
        version: i64,
    },
}
