//! Lists and replays the relay's dead-lettered messages, for operators.

use kernel::MessageId;
use mongodb::bson::doc;
use mongodb::options::FindOptions;
use store::{DeadLetter, Row as _, StoreResult};
use telemetry::metrics::Read;

use super::mongo::Mongo;
use super::record::MongoRecord;

/// All dead letters, the oldest first.
///
/// # Errors
/// A store error.
pub async fn dead_letters(store: &Mongo) -> StoreResult<Vec<DeadLetter>> {
    let options = FindOptions::builder()
        .sort(doc! { "died_at": 1, "_id": 1 })
        .build();
    let read = <DeadLetter as MongoRecord>::decode;
    store
        .find_with(Read::List, DeadLetter::TABLE, doc! {}, options, read)
        .await
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
            tx.want::<DeadLetter>(letters.iter().map(|letter| letter.envelope.id))?;
            let mut replayed = 0;
            for letter in &letters {
                let key = &letter.envelope.id;
                // Another operator may have replayed it already.
                if tx.get::<DeadLetter>(key)?.is_some() {
                    tx.delete::<DeadLetter>(key)?;
                    tx.send(letter.envelope.clone())?;
                    replayed += 1;
                }
            }
            Ok(replayed)
        })
        .await
}
