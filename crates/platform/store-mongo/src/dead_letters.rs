//! Lists and replays the relay's dead-lettered messages, for operators.

use futures_util::TryStreamExt;
use kernel::MessageId;
use mongodb::bson::doc;

use super::mongo::Mongo;
use super::outbox::dead::DeadLetterRow;
use store::{DeadLetter, Row as _, StoreResult};

/// All dead letters, the oldest first.
///
/// # Errors
/// A store error.
pub async fn dead_letters(store: &Mongo) -> StoreResult<Vec<DeadLetter>> {
    let rows: Vec<DeadLetterRow> = store
        .database()
        .await?
        .collection(DeadLetterRow::TABLE)
        .find(doc! {})
        .sort(doc! { "died_at": 1, "_id": 1 })
        .await?
        .try_collect()
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DeadLetter {
                envelope: row.message.envelope(row.id)?,
                attempts: row.attempts,
                reason: row.reason,
                died_at: row.died_at,
            })
        })
        .collect()
}

/// Puts the dead letter `message` (or all of them if `None`) back into the outbox. Returns how many.
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
        .work(move |tx| {
            tx.want::<DeadLetterRow>(letters.iter().map(|letter| letter.envelope.id))?;
            let mut replayed = 0;
            for letter in &letters {
                let key = &letter.envelope.id;
                // Another operator may have replayed it already.
                if tx.get::<DeadLetterRow>(key)?.is_some() {
                    tx.delete::<DeadLetterRow>(key)?;
                    tx.send(letter.envelope.clone())?;
                    replayed += 1;
                }
            }
            Ok(replayed)
        })
        .await
}
