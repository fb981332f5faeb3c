//! Products and entries of the stock book as documents.

use kernel::{ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Uuid as BsonUuid, doc};
use store_mongo::{MongoRecord, decode, encode, from_id, id, id_bson};

use super::schema::{PRODUCTS, STOCK_ENTRIES};
use crate::domain::{Category, Description, Product, ProductName, Stock};
use crate::records::StockEntry;
use crate::store::{corrupt, money, status};

/// A product.
#[derive(Serialize, Deserialize)]
pub(super) struct ProductRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    seller: BsonUuid,
    price: i64,
    currency: String,
    status: String,
    created_at: i64,
    category: String,
    /// The category as it is compared.
    category_key: String,
    available: i64,
    version: i64,
    updated_at: i64,
    name: String,
    description: String,
}

impl TryFrom<ProductRow> for Product {
    type Error = store::StoreError;

    fn try_from(row: ProductRow) -> StoreResult<Self> {
        Ok(Self {
            id: from_id(row.id),
            seller: from_id(row.seller),
            price: money(row.price, &row.currency)?,
            status: status(&row.status)?,
            created_at: Timestamp::from_millis(row.created_at),
            category: Category::stored(row.category),
            name: ProductName::stored(row.name),
            description: Description::stored(row.description),
            stock: Stock::stored(row.available)
                .ok_or_else(|| corrupt(format!("{} is no stock", row.available)))?,
            version: row.version,
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl MongoRecord for Product {
    const COLLECTION: &'static str = PRODUCTS;

    fn id(key: &ProductId) -> Bson {
        id_bson(*key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&ProductRow {
            id: id(self.id),
            seller: id(self.seller),
            price: self.price.amount,
            currency: self.price.currency.to_string(),
            status: self.status.as_str().to_owned(),
            created_at: self.created_at.as_millis(),
            category: self.category.as_str().to_owned(),
            category_key: category_key(&self.category),
            available: self.stock.get(),
            version: self.version,
            updated_at: self.updated_at.as_millis(),
            name: self.name.as_str().to_owned(),
            description: self.description.as_str().to_owned(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<ProductRow>(PRODUCTS, document)?.try_into()
    }
}

/// Categories are compared without regard to the case of ASCII letters.
pub(super) fn category_key(category: &Category) -> String {
    category.as_str().to_ascii_lowercase()
}

#[derive(Serialize, Deserialize)]
struct EntryKey {
    product: BsonUuid,
    version: i64,
}

#[derive(Serialize, Deserialize)]
struct EntryRow {
    #[serde(rename = "_id")]
    key: EntryKey,
    delta: i64,
    at: i64,
}

impl MongoRecord for StockEntry {
    const COLLECTION: &'static str = STOCK_ENTRIES;

    fn id((product, version): &Self::Key) -> Bson {
        Bson::Document(doc! { "product": id_bson(*product), "version": version })
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&EntryRow {
            key: EntryKey {
                product: id(self.product),
                version: self.version,
            },
            delta: self.delta,
            at: self.at.as_millis(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: EntryRow = decode(STOCK_ENTRIES, document)?;
        Ok(Self {
            product: from_id(row.key.product),
            version: row.key.version,
            delta: row.delta,
            at: Timestamp::from_millis(row.at),
        })
    }
}
