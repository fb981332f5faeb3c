//! How the records are stored, alike by both engines.
//!
//! A product is one document of MongoDB, including the stock that orders keep changing: showing it is one read by id, and a batch of
//! orders reads and writes it once. SQLite keeps what orders change in a table of its own, so that they rewrite a few bytes and no long
//! text. Search words are a record of their own, which orders never touch.

use contracts::reservations::Delivery;
use kernel::{Currency, Money, ProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::{Apart, Plain, Register, Row, StoreError, StoreResult};

use crate::domain::{
    Category, Description, Product, ProductName, ProductStatus, Reservation, Stock,
};
use crate::records::{Name, SearchWords, StockEntry, StockReturn};

/// A product as it is stored. The long text is last: a query that reads only what is before it does not touch its pages.
#[derive(Serialize, Deserialize)]
pub struct ProductFields<Text> {
    #[serde(rename = "_id")]
    id: ProductId,
    seller: UserId,
    price: i64,
    currency: Currency,
    status: ProductStatus,
    delivery: Delivery,
    created_at: Timestamp,
    category: Text,
    /// The category as it is compared.
    category_key: String,
    available: i64,
    version: i64,
    updated_at: Timestamp,
    name: Text,
    description: Text,
}

impl Row for Product {
    const TABLE: &'static str = "products";
    const APART: Option<Apart> = Some(Apart {
        table: "stock",
        fields: &["available", "version", "updated_at"],
    });

    type Id = ProductId;
    type Fields = ProductFields<String>;

    fn id(key: &ProductId) -> ProductId {
        *key
    }

    fn fields(&self) -> impl Serialize {
        ProductFields {
            id: self.id,
            seller: self.seller,
            price: self.price.amount,
            currency: self.price.currency,
            status: self.status,
            delivery: self.delivery,
            created_at: self.created_at,
            category: self.category.as_str(),
            category_key: self.category.key(),
            available: self.stock.get(),
            version: self.version,
            updated_at: self.updated_at,
            name: self.name.as_str(),
            description: self.description.as_str(),
        }
    }

    fn from_fields(fields: ProductFields<String>) -> StoreResult<Self> {
        let corrupt = |what| StoreError::Corrupt(format!("product {}: {what}", fields.id));
        Ok(Self {
            id: fields.id,
            seller: fields.seller,
            price: Money::positive(fields.price, fields.currency)
                .map_err(|invalid| corrupt(format!("its price {invalid}")))?,
            status: fields.status,
            delivery: fields.delivery,
            created_at: fields.created_at,
            category: Category::stored(fields.category),
            name: ProductName::stored(fields.name),
            description: Description::stored(fields.description),
            stock: Stock::stored(fields.available)
                .ok_or_else(|| corrupt(format!("{} is no stock", fields.available)))?,
            version: fields.version,
            updated_at: fields.updated_at,
        })
    }
}

impl Plain for Reservation {
    const TABLE: &'static str = "reservations";
}

impl Plain for SearchWords {
    const TABLE: &'static str = "search";
}

impl Plain for StockEntry {
    const TABLE: &'static str = "stock_entries";
    const KEY: &'static [&'static str] = &["product", "version"];
}

impl Plain for StockReturn {
    const TABLE: &'static str = "stock_returns";
    const KEY: &'static [&'static str] = &["order_id", "return_id"];
}

impl Plain for Name {
    const TABLE: &'static str = "names";
}

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records
        .row::<Product>()
        .row::<SearchWords>()
        .row::<StockEntry>()
        .row::<Reservation>()
        .row::<StockReturn>()
        .row::<Name>()
}
