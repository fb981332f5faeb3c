//! The collection of the orders: what the server lets a document be, and the indexes that the lists walk.

use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::IndexOptions;
use store_mongo::{Collection, MongoRecord};

use crate::domain::OrderState;
use crate::records::OrderRecord;
use crate::store::codes::{self, state_code};

/// All orders of a buyer.
pub(super) const BY_BUYER: &str = "by_buyer";
/// A buyer's orders in one of [`codes::UNSETTLED`].
pub(super) const UNSETTLED: &str = "unsettled";
/// A buyer's orders in one of [`codes::NOT_PAID`].
pub(super) const NOT_PAID: &str = "not_paid";
/// Orders that a sweeper has to look at, when.
pub(super) const DUE: &str = "due";
/// Orders that an operator has to look at.
pub(super) const TO_REVIEW: &str = "to_review";

/// The collection.
pub(crate) fn orders_collection() -> Collection {
    let buyers = || doc! { "buyer": 1, "state": 1, "_id": -1 };
    Collection::new(OrderRecord::COLLECTION, schema())
        .index(BY_BUYER, doc! { "buyer": 1, "_id": -1 })
        .index_with(buyers(), of_states(UNSETTLED, codes::UNSETTLED))
        .index_with(buyers(), of_states(NOT_PAID, codes::NOT_PAID))
        .index_with(
            doc! { "due_at": 1 },
            IndexOptions::builder()
                .name(DUE.to_owned())
                .sparse(true)
                .build(),
        )
        .index_with(
            doc! { "needs_review": 1, "_id": 1 },
            partial(TO_REVIEW, doc! { "needs_review": true }),
        )
}

fn of_states(name: &str, states: [OrderState; 3]) -> IndexOptions {
    let codes = states.map(state_code).to_vec();
    partial(name, doc! { "state": { "$in": codes } })
}

fn partial(name: &str, of: Document) -> IndexOptions {
    IndexOptions::builder()
        .name(name.to_owned())
        .partial_filter_expression(of)
        .build()
}

fn schema() -> Document {
    let positive = || doc! { "bsonType": "long", "minimum": 1 };
    let code = |last: i32| doc! { "bsonType": "int", "minimum": 0, "maximum": last };
    doc! {
        "bsonType": "object",
        "required": [
            "_id", "buyer", "lines", "total", "currency", "state", "escrow", "confirmed", "needs_review", "handled", "resends",
            "version", "created_at", "updated_at", "state_since",
        ],
        "properties": {
            "lines": {
                "bsonType": "array",
                "minItems": 1,
                "items": {
                    "bsonType": "object",
                    "required": ["product", "seller", "name", "price", "quantity"],
                    "properties": { "price": positive(), "quantity": positive() },
                },
            },
            "total": positive(),
            "state": code(6),
            "escrow": code(2),
            "needs_review": { "bsonType": "bool" },
            "version": positive(),
            "due_at": { "bsonType": "long" },
        },
    }
}
