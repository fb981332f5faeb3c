//! How records are laid out in documents, and the registry of those of one service.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

use mongodb::bson::Bson;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{AnyKey, AnyRecord, Kind, Record, StoreError, StoreResult};

use super::codec::{corrupt, decode, encode};
use super::table::{AnyTable, Table};
use super::unit::Unit;

/// A record's place in a collection: a document or some of its fields.
pub trait MongoRecord: Record + Sized {
    /// The collection.
    const COLLECTION: &'static str;

    /// The `_id` of the record with this key.
    fn id(key: &Self::Key) -> Bson;

    /// The record as a document, with its `_id`.
    ///
    /// # Errors
    /// None in practice: records serialise.
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

/// What is done with records of a kind whose type is not known.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) collection: &'static str,
    pub(super) table: fn() -> Box<dyn AnyTable>,
    pub(super) id: fn(&AnyKey) -> StoreResult<Bson>,
    pub(super) decode: fn(&RawDocument) -> StoreResult<AnyRecord>,
}

impl Layout {
    fn of<R: MongoRecord>() -> Self {
        Self {
            collection: R::COLLECTION,
            table: || Box::new(Table::<R>::default()),
            id: |key| Ok(R::id(key_of::<R>(key)?)),
            decode: |document| Ok(Arc::new(R::decode(document)?)),
        }
    }
}

/// What a unit wants to have read before it is asked.
type Always = Arc<dyn Fn(&mut Unit) -> StoreResult<()> + Send + Sync>;

/// Changes what is kept beside a record.
type Beside = Arc<dyn Fn(&AnyRecord, &mut Unit) -> StoreResult<()> + Send + Sync>;

/// The records of a service that has MongoDB behind it.
#[derive(Default)]
pub struct Records {
    layouts: HashMap<TypeId, Layout>,
    always: Vec<Always>,
    beside: HashMap<TypeId, Beside>,
}

impl Records {
    /// The same records, and `R`.
    #[must_use]
    pub fn with<R: MongoRecord>(mut self) -> Self {
        self.layouts.insert(TypeId::of::<R>(), Layout::of::<R>());
        self
    }

    /// Runs `change` whenever an `R` is inserted: for what this engine keeps beside the record.
    #[must_use]
    pub fn beside<R: MongoRecord>(
        mut self,
        change: impl Fn(&R, &mut Unit) -> StoreResult<()> + Send + Sync + 'static,
    ) -> Self {
        let change: Beside = Arc::new(move |record, unit| {
            let record: &(dyn Any + Send + Sync) = &**record;
            let record = record.downcast_ref().ok_or_else(|| other_type::<R>())?;
            change(record, unit)
        });
        self.beside.insert(TypeId::of::<R>(), change);
        self
    }

    /// Loads the record `key` in each transaction that loads anything: for what [`Records::beside`] changes in nearly each.
    #[must_use]
    pub fn always<R: MongoRecord>(mut self, key: R::Key) -> Self {
        self.always
            .push(Arc::new(move |unit| unit.want::<R>([key.clone()])));
        self
    }

    pub(super) fn want_always(&self, unit: &mut Unit) -> StoreResult<()> {
        self.always.iter().try_for_each(|want| want(unit))
    }

    pub(super) fn change_beside(
        &self,
        kind: Kind,
        record: &AnyRecord,
        unit: &mut Unit,
    ) -> StoreResult<()> {
        match self.beside.get(&kind.id) {
            Some(change) => change(record, unit),
            None => Ok(()),
        }
    }

    pub(super) fn layout(&self, kind: Kind) -> StoreResult<Layout> {
        self.layouts
            .get(&kind.id)
            .copied()
            .ok_or_else(|| corrupt(format!("{} has no layout in MongoDB", kind.name)))
    }
}

/// The key as what it is.
pub(super) fn key_of<R: Record>(key: &AnyKey) -> StoreResult<&R::Key> {
    let key: &(dyn Any + Send + Sync) = key;
    key.downcast_ref().ok_or_else(|| other_type::<R>())
}

/// The record as what it is.
pub(super) fn record_of<R: Record>(record: AnyRecord) -> StoreResult<Arc<R>> {
    let record: Arc<dyn Any + Send + Sync> = record;
    record.downcast().map_err(|_| other_type::<R>())
}

fn other_type<R>() -> StoreError {
    corrupt(format!("a {} was expected", type_name::<R>()))
}
