//! What all services have: handled messages and stored answers, which the server deletes when they expire, and leases.

use kernel::{MessageId, OrderId, Timestamp};
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Binary, Bson, DateTime, Uuid as BsonUuid, doc};
use serde::{Deserialize, Serialize};
use store::idempotency::{LIFETIME, StoredAnswer};
use store::{Handled, INBOX_MEMORY, IdempotencyKey, Idempotent, StoreResult};
use uuid::Uuid;

use super::codec::{binary, corrupt, date, decode, encode, from_id, id};
use super::record::MongoRecord;
use super::schema::Collection;

/// The collection of the leases.
pub(super) const LEASES: &str = "leases";

/// A handled message. `_id` is the order's 16 bytes, then the message's, so that the messages of one order are adjacent.
#[derive(Serialize, Deserialize)]
struct InboxRow {
    #[serde(rename = "_id")]
    id: Binary,
    at: DateTime,
}

impl MongoRecord for Handled {
    const COLLECTION: &'static str = "inbox";

    fn id((order, message): &(OrderId, MessageId)) -> Bson {
        Bson::Binary(inbox_id(*order, *message))
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&InboxRow {
            id: inbox_id(self.order, self.message),
            at: date(self.at),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: InboxRow = decode(Self::COLLECTION, document)?;
        let ids = row.id.bytes.split_at_checked(16);
        let ids = ids.and_then(|(order, message)| {
            let order = Uuid::from_slice(order).ok()?;
            Some((order, Uuid::from_slice(message).ok()?))
        });
        let (order, message) = ids.ok_or_else(|| corrupt("inbox: an _id is not two ids"))?;
        Ok(Self {
            order: order.into(),
            message: message.into(),
            at: Timestamp::from_millis(row.at.timestamp_millis()),
        })
    }
}

fn inbox_id(order: OrderId, message: MessageId) -> Binary {
    binary([*order.as_bytes(), *message.as_bytes()].concat())
}

/// The collection of handled messages.
pub(super) fn inbox_collection() -> Collection {
    Collection::new(
        Handled::COLLECTION,
        doc! { "bsonType": "object", "required": ["_id", "at"], "properties": { "at": { "bsonType": "date" } } },
    )
    .expires("forgotten_after_a_week", "at", INBOX_MEMORY)
}

#[derive(Serialize, Deserialize)]
struct KeyRow {
    user: BsonUuid,
    route: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
struct AnswerRow {
    status: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    body: Binary,
}

#[derive(Serialize, Deserialize)]
struct OnceRow {
    #[serde(rename = "_id")]
    id: KeyRow,
    fingerprint: Binary,
    subject: BsonUuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerRow>,
    created_at: DateTime,
    lease_until: i64,
}

impl MongoRecord for Idempotent {
    const COLLECTION: &'static str = "idempotency";

    fn id(key: &IdempotencyKey) -> Bson {
        Bson::Document(doc! { "user": id(key.user), "route": &key.route, "key": &key.key })
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&OnceRow {
            id: KeyRow {
                user: id(self.key.user),
                route: self.key.route.clone(),
                key: self.key.key.clone(),
            },
            fingerprint: binary(self.fingerprint),
            subject: id(self.subject),
            answer: self.answer.as_ref().map(|answer| AnswerRow {
                status: i32::from(answer.status),
                location: answer.location.clone(),
                etag: answer.etag.clone(),
                body: binary(answer.body.clone()),
            }),
            created_at: date(self.created_at),
            lease_until: self.lease_until.as_millis(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: OnceRow = decode(Self::COLLECTION, document)?;
        let answer = row.answer.map(|answer| {
            Ok::<_, store::StoreError>(StoredAnswer {
                status: u16::try_from(answer.status)
                    .map_err(|_| corrupt("a stored answer's status"))?,
                location: answer.location,
                etag: answer.etag,
                body: answer.body.bytes,
            })
        });
        Ok(Self {
            key: IdempotencyKey {
                user: from_id(row.id.user),
                route: row.id.route,
                key: row.id.key,
            },
            fingerprint: row
                .fingerprint
                .bytes
                .try_into()
                .map_err(|_| corrupt("a fingerprint is not 32 bytes"))?,
            subject: from_id(row.subject),
            answer: answer.transpose()?,
            created_at: Timestamp::from_millis(row.created_at.timestamp_millis()),
            lease_until: Timestamp::from_millis(row.lease_until),
        })
    }
}

/// The collection of stored answers.
pub(super) fn idempotency_collection() -> Collection {
    Collection::new(
        Idempotent::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "fingerprint", "subject", "created_at", "lease_until"],
            "properties": {
                "fingerprint": { "bsonType": "binData" },
                "created_at": { "bsonType": "date" },
                "lease_until": { "bsonType": "long" },
                "answer": {
                    "bsonType": "object",
                    "required": ["status", "body"],
                    "properties": { "status": { "bsonType": "int", "minimum": 100, "maximum": 599 } },
                },
            },
        },
    )
    .expires("forgotten_after_its_lifetime", "created_at", LIFETIME)
}

/// The collection of the leases.
pub(super) fn leases_collection() -> Collection {
    Collection::new(
        LEASES,
        doc! {
            "bsonType": "object",
            "required": ["_id", "owner", "until", "fence"],
            "properties": { "until": { "bsonType": "long" }, "fence": { "bsonType": "long" } },
        },
    )
}
