//! The ledger's collections: the validators that the server holds every document to, and the indexes. There are only those indexes
//! that a query walks: each is one more write for every operation.

use store_mongo::bson::{Bson, Document, doc};
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
    let user = object(
        &["balances", "last_sequence", "last_at"],
        doc! { "balances": { "bsonType": "array", "items": balance }, "last_sequence": at_least(1), "last_at": LONG.as_bson() },
    );
    let system = object(
        &["sums", "postings", "at"],
        doc! { "postings": at_least(1) },
    );
    Collection::new(
        Account::COLLECTION,
        object(
            &["_id"],
            doc! { "_id": BINARY.as_bson(), "user": user, "system": system },
        ),
    )
}

fn journal() -> Collection {
    let line = object(
        &["owner", "amount", "currency", "balance", "sequence"],
        doc! { "owner": BINARY.as_bson(), "amount": LONG.as_bson(), "balance": at_least(0), "sequence": at_least(1) },
    );
    let schema = object(
        &["_id", "id", "kind", "at"],
        doc! {
            "_id": BINARY.as_bson(),
            "id": BINARY.as_bson(),
            "kind": { "bsonType": "int", "minimum": 0, "maximum": 5 },
            "at": LONG.as_bson(),
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
                "_id": BINARY.as_bson(),
                "buyer": BINARY.as_bson(),
                "state": { "bsonType": "int", "minimum": 0, "maximum": 5 },
                "amount": at_least(1),
            },
        ),
    )
}

fn payouts() -> Collection {
    let id = object(
        &["order", "seller"],
        doc! { "order": BINARY.as_bson(), "seller": BINARY.as_bson() },
    );
    Collection::new(
        Payout::COLLECTION,
        object(
            &["_id", "amount", "currency", "available_at"],
            doc! { "_id": id, "amount": at_least(1), "available_at": LONG.as_bson() },
        ),
    )
    .index("by_due", doc! { "available_at": 1, "_id": 1 })
}

/// A BSON type, as a schema names it.
struct Type(&'static str);

const BINARY: Type = Type("binData");
const LONG: Type = Type("long");

impl Type {
    fn as_bson(&self) -> Bson {
        Bson::Document(doc! { "bsonType": self.0 })
    }
}

fn at_least(minimum: i64) -> Document {
    doc! { "bsonType": "long", "minimum": minimum }
}

fn object(required: &[&str], properties: Document) -> Document {
    doc! { "bsonType": "object", "required": required.to_vec(), "properties": properties }
}
