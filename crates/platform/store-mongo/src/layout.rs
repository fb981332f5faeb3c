//! Operations on records whose type is not known statically.

use std::sync::Arc;

use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc};
use store::{AnyKey, AnyRecord, Expires, Kind, StoreResult, key_of, record_of};

use super::record::MongoRecord;
use super::table::{AnyTable, Table};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    pub(super) collection: &'static str,
    pub(super) expires: Option<Expires>,
    pub(super) table: fn() -> Box<dyn AnyTable>,
    pub(super) id: fn(&AnyKey) -> StoreResult<Bson>,
    pub(super) has: fn(&'static str, Vec<Bson>) -> Document,
    pub(super) decode: fn(&RawDocument) -> StoreResult<AnyRecord>,
    /// For scans: a document may hold several.
    pub(super) decode_all: fn(&RawDocument) -> StoreResult<Vec<AnyRecord>>,
    pub(super) encode: fn(&AnyRecord) -> StoreResult<RawDocumentBuf>,
    /// The same each time.
    pub(super) scan_order: fn() -> Document,
}

impl Layout {
    pub(super) fn of<R: MongoRecord>() -> Self {
        Self {
            kind: Kind::of::<R>(),
            collection: R::COLLECTION,
            expires: R::EXPIRES,
            table: || Box::new(Table::<R>::default()),
            id: |key| Ok(R::id(key_of::<R>(key)?)),
            has: R::has,
            decode: |document| Ok(Arc::new(R::decode(document)?)),
            decode_all: |document| Ok(vec![Arc::new(R::decode(document)?)]),
            encode: |record| record_of::<R>(record.clone())?.encode(),
            scan_order: || doc! { "_id": 1 },
        }
    }
}
