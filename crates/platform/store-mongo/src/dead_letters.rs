//! Lists messages that the relay gave up, for operators.

use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;
use store::{DeadLetter, DeadLetterPlace, Row as _, StoreResult};
use telemetry::metrics::Read;

use super::codec::bson_of;
use super::mongo::Mongo;
use super::record::MongoRecord;

/// At most `most` dead letters, the oldest first, after `place`.
pub(super) async fn after(
    store: &Mongo,
    place: Option<DeadLetterPlace>,
    most: usize,
) -> StoreResult<Vec<DeadLetter>> {
    let filter = place.map_or_else(Document::new, |(died_at, id)| {
        let within = doc! { "died_at": died_at, "_id": { "$gt": bson_of(&id) } };
        doc! { "$or": [within, { "died_at": { "$gt": died_at } }] }
    });
    let options = FindOptions::builder()
        .sort(doc! { "died_at": 1, "_id": 1 })
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .build();
    let read = <DeadLetter as MongoRecord>::decode;
    store
        .find_with(Read::List, DeadLetter::TABLE, filter, options, read)
        .await
}
