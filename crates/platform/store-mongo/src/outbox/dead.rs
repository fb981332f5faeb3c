//! The documents of dead-lettered messages, and how they are written.

use kernel::Timestamp;
use mongodb::bson::{Bson, DateTime, Uuid as BsonUuid, doc};
use serde::{Deserialize, Serialize};

use super::queue::Dead;
use super::row::MessageRow;
use crate::codec::{date, id};
use crate::record::Document;
use crate::schema::Collection;
use crate::unit::Unit;
use store::{Record, StoreResult};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeadLetterRow {
    #[serde(rename = "_id")]
    pub(crate) id: BsonUuid,
    pub(crate) message: MessageRow,
    pub(crate) attempts: i32,
    pub(crate) reason: String,
    pub(crate) died_at: DateTime,
}

impl Record for DeadLetterRow {
    const NAME: &'static str = "dead letter";
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.id
    }
}

impl Document for DeadLetterRow {
    const COLLECTION: &'static str = "dead_letters";

    fn id(key: &BsonUuid) -> Bson {
        Bson::from(*key)
    }
}

/// The collection for dead-lettered messages.
pub(crate) fn dead_letters_collection() -> Collection {
    Collection::new(
        DeadLetterRow::COLLECTION,
        doc! { "bsonType": "object", "required": ["_id", "message", "attempts", "reason", "died_at"] },
    )
}

/// Adds messages to the dead letters.
pub(super) fn bury(unit: &mut Unit, dead: &[Dead], now: Timestamp) -> StoreResult<()> {
    unit.want::<DeadLetterRow>(dead.iter().map(|dead| id(dead.message.id)))?;
    for Dead {
        message,
        attempts,
        reason,
    } in dead
    {
        let key = id(message.id);
        // A message that was dead-lettered before keeps its latest reason.
        unit.put(DeadLetterRow {
            id: key,
            message: MessageRow::of(message),
            attempts: i32::try_from(*attempts).unwrap_or(i32::MAX),
            reason: reason.clone(),
            died_at: date(now),
        })?;
    }
    Ok(())
}
