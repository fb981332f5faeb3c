//! Values as BSON, and how the driver's errors affect a transaction.

use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, deserialize_from_slice, serialize_to_raw_document_buf};
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use serde::Serialize;
use serde::de::DeserializeOwned;

use store::{StoreError, StoreResult};

/// Whether the whole transaction may be run again (the driver's transactions specification).
pub(super) fn is_transient(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

/// Whether it is unknown if a commit happened (ibid.): repeat it until the result is known.
pub(super) fn is_unknown_commit(error: &Error) -> bool {
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
}

/// The error for a document with invalid contents.
#[must_use]
pub fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}

/// Bytes.
#[must_use]
pub fn binary(bytes: impl Into<Vec<u8>>) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.into(),
    }
}

/// A value in a filter, as it is in a document.
#[must_use]
pub fn bson_of(value: &(impl Serialize + ?Sized)) -> Bson {
    let document = encode(&Value { v: value });
    let value = document.and_then(|document| {
        let value = document.get("v").ok().flatten();
        value
            .and_then(|value| Bson::try_from(value).ok())
            .ok_or_else(|| corrupt("no value"))
    });
    // Ids, numbers and texts always serialise.
    value.unwrap_or(Bson::Undefined)
}

#[derive(Serialize)]
struct Value<'a, T: ?Sized> {
    v: &'a T,
}

/// A value as a document.
///
/// # Errors
/// None in practice: serialising records does not fail.
pub fn encode(value: &impl Serialize) -> StoreResult<RawDocumentBuf> {
    serialize_to_raw_document_buf(value).map_err(|error| corrupt(error.to_string()))
}

/// Reads a document of `collection`; one that does not decode is an error, never skipped.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn decode<T: DeserializeOwned>(collection: &str, document: &RawDocument) -> StoreResult<T> {
    deserialize_from_slice(document.as_bytes())
        .map_err(|error| corrupt(format!("{collection}: {error}")))
}

/// A value's bytes, as a key of a map.
pub(super) fn value_bytes(value: &Bson) -> Vec<u8> {
    encode(&Value { v: value }).map_or_else(
        |_| value.to_string().into_bytes(),
        RawDocumentBuf::into_bytes,
    )
}

/// The bytes of a document's `_id`, in the form of [`value_bytes`].
pub(super) fn id_bytes(collection: &str, document: &RawDocument) -> StoreResult<Vec<u8>> {
    let id = document.get("_id").ok().flatten();
    let id = id.and_then(|id| Bson::try_from(id).ok());
    id.map(|id| value_bytes(&id))
        .ok_or_else(|| corrupt(format!("{collection}: a document has no _id")))
}
