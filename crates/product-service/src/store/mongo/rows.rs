//! A product as a document, and what the seller put in with each version of it.

use kernel::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::Uuid as BsonUuid;
use store_mongo::{Row, corrupt, from_id, id};

use super::schema::{PRODUCTS, STOCK_ENTRIES};
use crate::domain::{Category, Description, Product, ProductName, ProductStatus, Stock};

/// A product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ProductRow {
    #[serde(rename = "_id")]
    pub(super) id: BsonUuid,
    pub(super) seller: BsonUuid,
    pub(super) price: i64,
    pub(super) currency: String,
    pub(super) status: String,
    created_at: i64,
    category: String,
    /// The category as it is compared.
    category_key: String,
    pub(super) available: i64,
    pub(super) version: i64,
    pub(super) updated_at: i64,
    pub(super) name: String,
    description: String,
}

impl Row for ProductRow {
    const COLLECTION: &'static str = PRODUCTS;
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.id
    }
}

impl ProductRow {
    pub(super) fn of(product: &Product) -> Self {
        Self {
            id: id(product.id),
            seller: id(product.seller),
            price: product.price.amount,
            currency: product.price.currency.to_string(),
            status: product.status.as_str().to_owned(),
            created_at: product.created_at.as_millis(),
            category: product.category.as_str().to_owned(),
            category_key: category_key(&product.category),
            available: product.stock.get(),
            version: product.version,
            updated_at: product.updated_at.as_millis(),
            name: product.name.as_str().to_owned(),
            description: product.description.as_str().to_owned(),
        }
    }

    pub(super) fn into_product(self) -> StoreResult<Product> {
        Ok(Product {
            id: from_id(self.id),
            seller: from_id(self.seller),
            price: money(self.price, &self.currency)?,
            status: self.status()?,
            created_at: Timestamp::from_millis(self.created_at),
            category: Category::stored(self.category),
            name: ProductName::stored(self.name),
            description: Description::stored(self.description),
            stock: Stock::stored(self.available)
                .ok_or_else(|| corrupt(format!("{} is no stock", self.available)))?,
            version: self.version,
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }

    pub(super) fn status(&self) -> StoreResult<ProductStatus> {
        ProductStatus::of(&self.status)
            .ok_or_else(|| corrupt(format!("{:?} is no status of a product", self.status)))
    }

    /// The product with `more` in stock, or less.
    pub(super) fn with_stock_changed(&self, more: i64, now: Timestamp) -> StoreResult<Self> {
        let available = self
            .available
            .checked_add(more)
            .filter(|available| *available >= 0)
            .ok_or_else(|| corrupt(format!("{} and {more} is no stock", self.available)))?;
        Ok(Self {
            available,
            version: self.version.saturating_add(1),
            updated_at: self.updated_at.max(now.as_millis()),
            ..self.clone()
        })
    }
}

/// Categories are compared without regard to the case of ASCII letters.
pub(super) fn category_key(category: &Category) -> String {
    category.as_str().to_ascii_lowercase()
}

/// Reads a price.
pub(super) fn money(amount: i64, currency: &str) -> StoreResult<Money> {
    currency
        .parse::<Currency>()
        .and_then(|currency| Money::positive(amount, currency))
        .map_err(|invalid| corrupt(format!("{amount} {currency}: {invalid}")))
}

/// An entry's key: an entry is made with one version of one product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct EntryKey {
    product: BsonUuid,
    version: i64,
}

/// What the seller put in or, negative, took out. Never changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EntryRow {
    #[serde(rename = "_id")]
    key: EntryKey,
    delta: i64,
    at: i64,
}

impl Row for EntryRow {
    const COLLECTION: &'static str = STOCK_ENTRIES;
    type Key = EntryKey;

    fn key(&self) -> EntryKey {
        self.key.clone()
    }
}

impl EntryRow {
    /// What was put in with this version of `product`.
    pub(super) fn of(product: &Product, delta: i64) -> Self {
        Self {
            key: EntryKey {
                product: id(product.id),
                version: product.version,
            },
            delta,
            at: product.updated_at.as_millis(),
        }
    }
}
