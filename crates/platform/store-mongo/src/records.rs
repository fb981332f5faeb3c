//! The record kinds of one service.

use std::any::TypeId;
use std::collections::HashMap;

use store::{Expires, Kind, StoreResult};

use super::codec::corrupt;
use super::layout::Layout;
use super::record::MongoRecord;

/// The record kinds of a service that runs on MongoDB.
#[derive(Default)]
pub struct Records(HashMap<TypeId, Layout>);

impl store::Register for Records {
    fn row<R: store::Row>(self) -> Self {
        self.with::<R>()
    }
}

impl Records {
    /// Adds `R`.
    #[must_use]
    pub fn with<R: MongoRecord>(mut self) -> Self {
        self.0.insert(TypeId::of::<R>(), Layout::of::<R>());
        self
    }

    pub(super) fn layout(&self, kind: Kind) -> StoreResult<Layout> {
        let layout = self.0.get(&kind.id).copied();
        layout.ok_or_else(|| corrupt(format!("{} has no layout in MongoDB", kind.name)))
    }

    /// The collections whose documents expire.
    pub(super) fn expiring(&self) -> impl Iterator<Item = (&'static str, Expires)> {
        let layouts = self.0.values();
        layouts.filter_map(|layout| Some((layout.collection, layout.expires?)))
    }
}
