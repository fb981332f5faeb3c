//! The record kinds of one service, and what its engine maintains beside them.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use store::{AnyRecord, Expires, Kind, StoreResult, record_of};

use super::codec::corrupt;
use super::layout::Layout;
use super::record::MongoRecord;
use super::unit::{Registry, Unit};

/// Requests records that every loading unit should read up front.
type Always = Arc<dyn Fn(&mut Unit) -> StoreResult<()> + Send + Sync>;

/// Changes the data kept beside a record.
type Beside = Arc<dyn Fn(&AnyRecord, &mut Unit) -> StoreResult<()> + Send + Sync>;

/// The record kinds of a service that runs on MongoDB.
#[derive(Default)]
pub struct Records {
    layouts: HashMap<TypeId, Layout>,
    always: Vec<Always>,
    beside: HashMap<TypeId, Beside>,
}

impl Records {
    /// Adds `R`.
    #[must_use]
    pub fn with<R: MongoRecord>(mut self) -> Self {
        self.layouts.insert(TypeId::of::<R>(), Layout::of::<R>());
        self
    }

    /// Runs `change` whenever an `R` is inserted: for data that this engine keeps beside the record.
    #[must_use]
    pub fn beside<R: MongoRecord>(
        mut self,
        change: impl Fn(&R, &mut Unit) -> StoreResult<()> + Send + Sync + 'static,
    ) -> Self {
        let change: Beside =
            Arc::new(move |record, unit| change(&*record_of::<R>(record.clone())?, unit));
        self.beside.insert(TypeId::of::<R>(), change);
        self
    }

    /// Loads the record `key` in each transaction that loads anything: for data that [`Records::beside`] changes in almost every one.
    #[must_use]
    pub fn always<R: MongoRecord>(mut self, key: R::Key) -> Self {
        self.always
            .push(Arc::new(move |unit| unit.want::<R>([key.clone()])));
        self
    }
}

impl Records {
    /// The collections whose documents expire.
    pub(super) fn expiring(&self) -> impl Iterator<Item = (&'static str, Expires)> {
        let layouts = self.layouts.values();
        layouts.filter_map(|layout| Some((layout.collection, layout.expires?)))
    }
}

impl Registry for Records {
    fn want_always(&self, unit: &mut Unit) -> StoreResult<()> {
        self.always.iter().try_for_each(|want| want(unit))
    }

    fn change_beside(&self, kind: Kind, record: &AnyRecord, unit: &mut Unit) -> StoreResult<()> {
        match self.beside.get(&kind.id) {
            Some(change) => change(record, unit),
            None => Ok(()),
        }
    }

    fn layout(&self, kind: Kind) -> StoreResult<Layout> {
        self.layouts
            .get(&kind.id)
            .copied()
            .ok_or_else(|| corrupt(format!("{} has no layout in MongoDB", kind.name)))
    }
}
