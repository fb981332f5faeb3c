//! The ledger's collections: the validators that the server holds every document to, and the indexes. There are only those indexes
//! that a query walks: each is one more write for every operation.

use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::IndexOptions;
use store_mongo::{Collection, MongoRecord};

use crate::domain::{Account, Payment, Payout, Recorded};

/// The collections, with validators that hold every writer to the ledger's first rules.
pub(crate) fn collections() -> Vec<Collection> {
    vec![accounts(), journal(), payments(), payouts()]
}

fn accounts() -> Collection {
    let balance = object(
        &["currency", "balance", "sequence"],
        doc! { "balance": at_least(0), "sequence": at_least(1) },
    );
    let schema = object(
        &["_id", "balances", "last_sequence", "last_at"],
        doc! {
            "_id": of_type("binData"),
            "balances": { "bsonType": "array", "items": balance },
            "last_sequence": at_least(1),
            "last_at": of_type("long"),
        },
    );
    Collection::new(Account::COLLECTION, schema)
}

fn journal() -> Collection {
    let line = object(
        &["owner", "amount", "currency", "balance", "sequence"],
        doc! { "owner": of_type("binData"), "amount": of_type("long"), "balance": at_least(0), "sequence": at_least(1) },
    );
    let schema = object(
        &["_id", "id", "kind", "at"],
        doc! {
            "_id": of_type("binData"),
            "id": of_type("binData"),
            "kind": { "bsonType": "int", "minimum": 0, "maximum": 5 },
            "at": of_type("long"),
            "line": line.clone(),
            "pending": { "bsonType": "array", "items": line },
        },
    );
    let statement = IndexOptions::builder()
        .name("statement".to_owned())
        // A release of an order moves nothing that somebody can spend.
        .partial_filter_expression(doc! { "line.owner": { "$exists": true } })
        .build();
    Collection::new(Recorded::COLLECTION, schema).index_with(
        doc! { "line.owner": 1, "kind": 1, "at": 1, "line.sequence": 1 },
        statement,
    )
}

fn payments() -> Collection {
    Collection::new(
        Payment::COLLECTION,
        object(
            &["_id", "buyer", "state"],
            doc! {
                "_id": of_type("binData"),
                "buyer": of_type("binData"),
                "state": { "bsonType": "int", "minimum": 0, "maximum": 5 },
                "amount": at_least(1),
            },
        ),
    )
}

fn payouts() -> Collection {
    let id = object(
        &["order", "seller"],
        doc! { "order": of_type("binData"), "seller": of_type("binData") },
    );
    Collection::new(
        Payout::COLLECTION,
        object(
            &["_id", "amount", "currency", "available_at"],
            doc! { "_id": id, "amount": at_least(1), "available_at": of_type("long") },
        ),
    )
    .index("by_due", doc! { "available_at": 1, "_id": 1 })
}

fn of_type(name: &str) -> Document {
    doc! { "bsonType": name }
}

fn at_least(minimum: i64) -> Document {
    doc! { "bsonType": "long", "minimum": minimum }
}

fn object(required: &[&str], properties: Document) -> Document {
    doc! { "bsonType": "object", "required": required.to_vec(), "properties": properties }
}
