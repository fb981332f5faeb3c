//! The record kinds of one service.

use std::any::TypeId;
use std::collections::HashMap;

use mongodb::bson::raw::RawDocument;
use store::{AnyRecord, Codec, Expires, Kind, StoreResult};

use super::codec::corrupt;
use super::layout::Layout;
use super::record::MongoRecord;

/// The record kinds of a service that runs on MongoDB.
#[derive(Default)]
pub struct Records {
    layouts: HashMap<TypeId, Layout>,
    /// In the order in which they were added.
    kinds: Vec<Kind>,
}

impl store::Register for Records {
    fn row<R: store::Row>(self) -> Self {
        self.with::<R>()
    }
}

impl Records {
    /// Adds `R`.
    #[must_use]
    pub fn with<R: MongoRecord>(self) -> Self {
        self.add(Layout::of::<R>())
    }

    /// Adds a kind with a layout of its own.
    pub(super) fn add(mut self, layout: Layout) -> Self {
        self.kinds.push(layout.kind);
        self.layouts.insert(layout.kind.id, layout);
        self
    }

    /// The kinds, in the order in which they were added.
    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(super) fn layout(&self, kind: Kind) -> StoreResult<Layout> {
        let layout = self.layouts.get(&kind.id).copied();
        layout.ok_or_else(|| corrupt(format!("{} has no layout in MongoDB", kind.name)))
    }

    /// The collections whose documents expire.
    pub(super) fn expiring(&self) -> impl Iterator<Item = (&'static str, Expires)> {
        let layouts = self.layouts.values();
        layouts.filter_map(|layout| Some((layout.collection, layout.expires?)))
    }
}

/// Records as documents, in BSON.
impl Codec for Records {
    fn encode(&self, kind: Kind, record: &AnyRecord) -> StoreResult<Vec<u8>> {
        Ok((self.layout(kind)?.encode)(record)?.into_bytes())
    }

    fn decode(&self, kind: Kind, bytes: &[u8]) -> StoreResult<AnyRecord> {
        let document = RawDocument::from_bytes(bytes)
            .map_err(|error| corrupt(format!("{}: {error}", kind.name)))?;
        (self.layout(kind)?.decode)(document)
    }
}
