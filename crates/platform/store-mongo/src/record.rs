//! How records map to documents.

use mongodb::bson::Bson;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Record, StoreResult};

use super::codec::{decode, encode};

/// Maps a record to a document in a collection, or to some of its fields.
pub trait MongoRecord: Record + Sized {
    /// The collection.
    const COLLECTION: &'static str;

    /// The `_id` of the record with this key.
    fn id(key: &Self::Key) -> Bson;

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

/// A record that is its own document.
pub trait Document: Record + Serialize + DeserializeOwned {
    /// The collection.
    const COLLECTION: &'static str;

    /// The `_id` of the record with this key.
    fn id(key: &Self::Key) -> Bson;
}

impl<R: Document> MongoRecord for R {
    const COLLECTION: &'static str = R::COLLECTION;

    fn id(key: &Self::Key) -> Bson {
        R::id(key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(self)
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode(R::COLLECTION, document)
    }
}
