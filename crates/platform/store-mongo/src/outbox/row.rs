//! The documents of the outbox: one for all messages of a commit, so that a message needs no insert or delete of its own.

use contracts::{Envelope, Kind};
use kernel::Timestamp;
use mongodb::bson::{Binary, Bson, Uuid as BsonUuid, doc};
use serde::{Deserialize, Serialize};

use crate::codec::{binary, corrupt, from_id, id};
use crate::record::Document;
use crate::schema::Collection;
use store::outbox::Pending;
use store::{Record, StoreResult};

/// A message's contents, without its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    name: String,
    kind: i32,
    order: BsonUuid,
    time: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    body: Binary,
}

impl MessageRow {
    pub(crate) fn of(message: &Envelope) -> Self {
        Self {
            name: message.name.clone(),
            kind: match message.kind {
                Kind::Command => 0,
                Kind::Event => 1,
            },
            order: id(message.order),
            time: message.time.as_millis(),
            traceparent: message.traceparent.clone(),
            body: binary(message.body.to_vec()),
        }
    }

    pub(crate) fn envelope(self, id: BsonUuid) -> StoreResult<Envelope> {
        Ok(Envelope {
            id: from_id(id),
            name: self.name,
            kind: match self.kind {
                0 => Kind::Command,
                1 => Kind::Event,
                other => return Err(corrupt(format!("{other} is no kind of message"))),
            },
            order: from_id(self.order),
            time: Timestamp::from_millis(self.time),
            traceparent: self.traceparent,
            body: self.body.bytes.into(),
        })
    }
}

/// A pending message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WaitingRow {
    id: BsonUuid,
    message: MessageRow,
    /// Failed deliveries so far.
    attempts: i32,
}

impl WaitingRow {
    pub(super) fn of(message: &Envelope, attempts: u32) -> Self {
        Self {
            id: id(message.id),
            message: MessageRow::of(message),
            attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        }
    }

    pub(super) fn read(self) -> StoreResult<(Envelope, u32)> {
        let attempts = u32::try_from(self.attempts)
            .map_err(|_| corrupt("an outbox message was tried fewer than no times"))?;
        Ok((self.message.envelope(self.id)?, attempts))
    }
}

/// Pending messages of one commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OutboxRow {
    #[serde(rename = "_id")]
    pub(super) id: BsonUuid,
    pub(super) messages: Vec<WaitingRow>,
    /// The replica that holds them, and until when.
    pub(super) owner: BsonUuid,
    pub(super) lease: i64,
}

impl OutboxRow {
    /// When the oldest of its messages was written.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        let times = self.messages.iter().map(|waiting| waiting.message.time);
        times.min().map(Timestamp::from_millis)
    }
}

impl Record for OutboxRow {
    const NAME: &'static str = "outbox parcel";
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.id
    }
}

impl Document for OutboxRow {
    const COLLECTION: &'static str = "outbox";

    fn id(key: &BsonUuid) -> Bson {
        Bson::from(*key)
    }
}

/// The collection of pending messages.
pub(crate) fn outbox_collection() -> Collection {
    Collection::new(
        OutboxRow::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "messages", "owner", "lease"],
            "properties": {
                "messages": {
                    "bsonType": "array",
                    "minItems": 1,
                    "items": {
                        "bsonType": "object",
                        "required": ["id", "message", "attempts"],
                        "properties": { "attempts": { "bsonType": "int", "minimum": 0 } },
                    },
                },
                "lease": { "bsonType": "long" },
            },
        },
    )
    .index("by_lease", doc! { "lease": 1 })
}

/// The messages to retry, as rows.
pub(super) fn rows_of(pending: &[Pending]) -> Vec<WaitingRow> {
    pending
        .iter()
        .map(|pending| WaitingRow::of(&pending.envelope, pending.attempts))
        .collect()
}
