//! Long reads of whole collections for audits, in the order of `_id` and in little memory.

use futures_util::{Stream, StreamExt as _};
use mongodb::Database;
use mongodb::bson::raw::RawDocumentBuf;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReadConcern;
use serde::de::DeserializeOwned;
use store::StoreResult;

use super::decode;

/// Documents in a batch.
const BATCH: u32 = 1_000;

/// The majority-committed documents of `collection`, or only the one with the id `only`, sorted by `_id`; one that does not decode is an
/// error. Unlike a [`Snapshot`](crate::Snapshot), it may take as long as it takes: a document that changes meanwhile is read as it is when
/// the walk comes to it.
///
/// # Errors
/// A store error.
pub async fn walk<T: DeserializeOwned>(
    database: &Database,
    collection: &'static str,
    only: Option<Bson>,
) -> StoreResult<impl Stream<Item = StoreResult<T>> + use<T>> {
    let filter = only.map_or_else(Document::new, |id| doc! { "_id": id });
    let documents = database
        .collection::<RawDocumentBuf>(collection)
        .find(filter)
        .sort(doc! { "_id": 1 })
        .batch_size(BATCH)
        .read_concern(ReadConcern::majority())
        .await?;
    Ok(documents.map(move |document| decode(collection, &document?)))
}
