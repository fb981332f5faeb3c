//! Messages that the relay gave up, for an operator to list and to replay.

use futures_util::TryStreamExt;
use kernel::{MessageId, Timestamp};
use mongodb::bson::{Bson, DateTime, Uuid as BsonUuid, doc};
use serde::{Deserialize, Serialize};

use super::codec::{corrupt, date, id};
use super::outbox::{Dead, MessageRow};
use super::{Collection, Document, Mongo, Unit};
use store::{DeadLetter, Engine as _, Record, StoreResult};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DeadLetterRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    message: MessageRow,
    attempts: i32,
    reason: String,
    died_at: DateTime,
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

/// The collection that given-up messages are moved to.
#[must_use]
pub fn dead_letters_collection() -> Collection {
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
        // One that died before keeps its last reason.
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

/// All dead letters, the oldest first.
///
/// # Errors
/// A store error.
pub async fn dead_letters(store: &Mongo) -> StoreResult<Vec<DeadLetter>> {
    let rows: Vec<DeadLetterRow> = store
        .database()
        .await?
        .collection(DeadLetterRow::COLLECTION)
        .find(doc! {})
        .sort(doc! { "died_at": 1, "_id": 1 })
        .await?
        .try_collect()
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DeadLetter {
                envelope: row.message.envelope(row.id)?,
                attempts: u32::try_from(row.attempts)
                    .map_err(|_| corrupt("a dead letter was tried fewer than no times"))?,
                reason: row.reason,
                died_at: Timestamp::from_millis(row.died_at.timestamp_millis()),
            })
        })
        .collect()
}

/// Puts the dead letter `message` (or, without one, all of them) back into the outbox. Returns how many.
///
/// # Errors
/// A store error.
pub async fn replay_dead_letters(store: &Mongo, message: Option<MessageId>) -> StoreResult<usize> {
    let letters: Vec<DeadLetter> = dead_letters(store)
        .await?
        .into_iter()
        .filter(|letter| message.is_none_or(|id| id == letter.envelope.id))
        .collect();
    store
        .work(move |unit| {
            let keys: Vec<BsonUuid> = letters
                .iter()
                .map(|letter| id(letter.envelope.id))
                .collect();
            unit.want::<DeadLetterRow>(keys.iter().copied())?;
            let mut replayed = 0;
            for (key, letter) in keys.iter().zip(&letters) {
                // Another operator may have been faster.
                if unit.get::<DeadLetterRow>(key)?.is_some() {
                    unit.delete::<DeadLetterRow>(key)?;
                    unit.send(letter.envelope.clone())?;
                    replayed += 1;
                }
            }
            Ok(replayed)
        })
        .await
}
