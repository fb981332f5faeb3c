//! How records map to documents.

use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc};
use store::{Expires, Record, Row, StoreResult};

use super::codec::{bson_of, decode, encode};

/// Maps a record to a document in a collection, or to some of its fields. A record that SQLite keeps in the same way implements
/// [`store::Row`] instead.
pub trait MongoRecord: Record + Sized {
    /// The collection.
    const COLLECTION: &'static str;

    /// When documents may be deleted, if they expire.
    const EXPIRES: Option<Expires> = None;

    /// The `_id` of the record with this key.
    fn id(key: &Self::Key) -> Bson;

    /// The condition on a document that its `field` has one of `values`.
    #[must_use]
    fn has(field: &'static str, values: Vec<Bson>) -> Document {
        doc! { field: { "$in": values } }
    }

    /// The record as a document, with its `_id`.
    ///
    /// # Errors
    /// None in practice: serialising records does not fail.
    fn encode(&self) -> StoreResult<RawDocumentBuf>;

    /// Reads a document.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it does not decode.
    fn decode(document: &RawDocument) -> StoreResult<Self>;
}

impl<R: Row> MongoRecord for R {
    const COLLECTION: &'static str = R::TABLE;
    const EXPIRES: Option<Expires> = R::EXPIRES;

    fn id(key: &Self::Key) -> Bson {
        bson_of(&R::id(key))
    }

    /// An `_id` of several fields has an index over it as a whole, which serves its first field by ranges.
    fn has(field: &'static str, values: Vec<Bson>) -> Document {
        match R::KEY {
            [first, second, ..] if *first == field => {
                let ranges = values.into_iter().map(|value| {
                    let from = doc! { field: value.clone() };
                    let to = doc! { field: value, *second: Bson::MaxKey };
                    doc! { "_id": { "$gte": from, "$lt": to } }
                });
                doc! { "$or": ranges.collect::<Vec<_>>() }
            }
            _ => doc! { field: { "$in": values } },
        }
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&self.fields())
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        R::from_fields(decode(R::TABLE, document)?)
    }
}
