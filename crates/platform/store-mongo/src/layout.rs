//! Operations on records whose type is not known statically.

use std::sync::Arc;

use mongodb::bson::Bson;
use mongodb::bson::raw::RawDocument;
use store::{AnyKey, AnyRecord, Expires, StoreResult, key_of};

use super::record::MongoRecord;
use super::table::{AnyTable, Table};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) collection: &'static str,
    pub(super) expires: Option<Expires>,
    pub(super) table: fn() -> Box<dyn AnyTable>,
    pub(super) id: fn(&AnyKey) -> StoreResult<Bson>,
    pub(super) decode: fn(&RawDocument) -> StoreResult<AnyRecord>,
}

impl Layout {
    pub(super) fn of<R: MongoRecord>() -> Self {
        Self {
            collection: R::COLLECTION,
            expires: R::EXPIRES,
            table: || Box::new(Table::<R>::default()),
            id: |key| Ok(R::id(key_of::<R>(key)?)),
            decode: |document| Ok(Arc::new(R::decode(document)?)),
        }
    }
}
