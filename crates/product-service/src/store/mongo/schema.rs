//! The collections: their schemas, which the server enforces, and one index for each list.
//!
//! A product is one document, including the stock that orders keep changing. So showing a product is one read by id, and a batch of
//! orders reads and writes each product once. Lists sort and filter by indexed fields. Search words are a collection of their own, which
//! orders never touch.

use store_mongo::Collection;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::IndexOptions;

/// The products.
pub(crate) const PRODUCTS: &str = "products";
/// The search words of active products.
pub(super) const SEARCH: &str = "search";
/// The stock book.
pub(crate) const STOCK_ENTRIES: &str = "stock_entries";
/// Stock held for, or sold to, an order.
pub(crate) const RESERVATIONS: &str = "reservations";

/// The newest first.
pub(super) const NEWEST: &str = "newest";
/// By price.
pub(super) const BY_PRICE: &str = "by_price";
/// One category, the newest first.
pub(super) const BY_CATEGORY: &str = "by_category";
/// One category by price.
pub(super) const BY_CATEGORY_PRICE: &str = "by_category_price";
/// One seller's, the newest first.
pub(super) const BY_SELLER: &str = "by_seller";
/// One seller's by price.
pub(super) const BY_SELLER_PRICE: &str = "by_seller_price";
/// A word.
pub(super) const BY_WORD: &str = "by_word";
/// Held reservations by the end of their lease.
pub(super) const BY_LEASE: &str = "by_lease";

/// The product service's collections, beside those that all services have.
#[must_use]
pub fn collections() -> Vec<Collection> {
    vec![products(), search(), stock_entries(), reservations()]
}

fn products() -> Collection {
    let schema = doc! {
        "bsonType": "object",
        "required": [
            "_id", "seller", "price", "currency", "status", "created_at", "category", "category_key",
            "available", "version", "updated_at", "name", "description",
        ],
        "properties": {
            "price": { "bsonType": "long", "minimum": 1, "maximum": 9_007_199_254_740_991_i64 },
            "status": { "enum": ["active", "removed"] },
            "available": { "bsonType": "long", "minimum": 0 },
            "version": { "bsonType": "long", "minimum": 1 },
        },
    };
    // Each ends in the id, so that every page is a seek and a short walk. They contain only active products.
    [
        (NEWEST, doc! { "status": 1, "_id": 1 }),
        (BY_PRICE, doc! { "price": 1, "_id": 1 }),
        (BY_CATEGORY, doc! { "category_key": 1, "_id": 1 }),
        (
            BY_CATEGORY_PRICE,
            doc! { "category_key": 1, "price": 1, "_id": 1 },
        ),
        (BY_SELLER, doc! { "seller": 1, "_id": 1 }),
        (BY_SELLER_PRICE, doc! { "seller": 1, "price": 1, "_id": 1 }),
    ]
    .into_iter()
    .fold(
        Collection::new(PRODUCTS, schema),
        |collection, (name, keys)| {
            collection.index_with(keys, partial(name, doc! { "status": "active" }))
        },
    )
}

fn search() -> Collection {
    Collection::new(
        SEARCH,
        doc! {
            "bsonType": "object",
            "required": ["_id", "seller", "category_key", "price", "name_words", "words"],
            "properties": { "name_words": { "bsonType": "array" }, "words": { "bsonType": "array" } },
        },
    )
    // It covers a search for one word that is sorted by price or age.
    .index(BY_WORD, doc! { "words": 1, "price": 1, "_id": 1 })
}

fn stock_entries() -> Collection {
    Collection::new(
        STOCK_ENTRIES,
        doc! {
            "bsonType": "object",
            "required": ["_id", "delta", "at"],
            "properties": {
                "_id": { "bsonType": "object", "required": ["product", "version"] },
                "delta": { "bsonType": "long", "not": { "enum": [0_i64] } },
            },
        },
    )
}

fn reservations() -> Collection {
    Collection::new(
        RESERVATIONS,
        doc! {
            "bsonType": "object",
            "required": ["_id", "buyer", "state", "lease_until", "created_at", "lines"],
            "properties": {
                "state": { "enum": ["held", "sold", "released", "expired"] },
                "lease_until": { "bsonType": "long" },
                "lines": {
                    "bsonType": "array",
                    "minItems": 1,
                    "items": {
                        "bsonType": "object",
                        "required": ["product", "seller", "name", "unit_price", "currency", "quantity"],
                        "properties": {
                            "unit_price": { "bsonType": "long", "minimum": 1 },
                            "quantity": { "bsonType": "long", "minimum": 1 },
                        },
                    },
                },
            },
        },
    )
    .index_with(
        doc! { "lease_until": 1, "_id": 1 },
        partial(BY_LEASE, doc! { "state": "held" }),
    )
}

fn partial(name: &str, only: Document) -> IndexOptions {
    IndexOptions::builder()
        .name(name.to_owned())
        .partial_filter_expression(only)
        .build()
}
