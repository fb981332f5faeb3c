//! How records map to documents.

use std::any::{Any, type_name};
use std::sync::Arc;

use mongodb::bson::Bson;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{AnyKey, AnyRecord, Record, StoreError, StoreResult};

use super::codec::{corrupt, decode, encode};

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
    /// [`StoreError::Corrupt`] if it does not decode.
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

/// Downcasts the key to its type.
pub(super) fn key_of<R: Record>(key: &AnyKey) -> StoreResult<&R::Key> {
    let key: &(dyn Any + Send + Sync) = key;
    key.downcast_ref().ok_or_else(|| other_type::<R>())
}

/// Downcasts the record to its type.
pub(super) fn record_of<R: Record>(record: AnyRecord) -> StoreResult<Arc<R>> {
    let record: Arc<dyn Any + Send + Sync> = record;
    record.downcast().map_err(|_| other_type::<R>())
}

pub(super) fn other_type<R>() -> StoreError {
    corrupt(format!("a {} was expected", type_name::<R>()))
}
