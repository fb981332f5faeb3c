//! A unit of work (Fowler, PoEAA): the documents that a batch of writes reads and changes, kept in memory between one load and one
//! commit.
//!
//! A piece of work is a closure that reads with [`Unit::get`] and changes with [`Unit::put`]. It may run more than once: whenever
//! it asks for a document that is not there yet, its run is void, the documents that all works of the batch asked for are loaded
//! together, and all run again. So it must have no effect but on the unit. Works of a batch see each other's changes in order, as
//! if each had a transaction of its own; one that fails leaves no trace.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use contracts::Envelope;
use mongodb::bson::Bson;
use mongodb::{ClientSession, Database};

use super::Row;
use super::failure::Failure;
use super::locks::Locks;
use super::table::{AnyTable, NotLoaded, Statements, Table};
use store::{StoreError, StoreResult};

/// The documents of a batch of writes. See the module.
#[derive(Default)]
pub struct Unit {
    /// In the order in which they were first used.
    tables: Vec<Box<dyn AnyTable>>,
    places: HashMap<TypeId, usize>,
    messages: Vec<Arc<Envelope>>,
    kept_messages: usize,
    repeated: u64,
    kept_repeated: u64,
    /// How many works have run.
    works: usize,
}

impl From<NotLoaded> for StoreError {
    /// Nobody sees it: a run that asked for what is not loaded is void.
    fn from(_: NotLoaded) -> Self {
        Self::Conflict("not loaded yet".to_owned())
    }
}

impl Unit {
    /// The row `key`, as the works before this one have left it.
    ///
    /// # Errors
    /// If it has to be loaded first: pass the error on, the work is run again.
    pub fn get<R: Row>(&mut self, key: &R::Key) -> StoreResult<Option<Arc<R>>> {
        Ok(self.table::<R>()?.get(key)?)
    }

    /// Says that rows will be asked for, so that they are loaded with whatever else is.
    ///
    /// # Errors
    /// None in practice; see [`Unit::get`].
    pub fn want<R: Row>(&mut self, keys: impl IntoIterator<Item = R::Key>) -> StoreResult<()> {
        let table = self.table::<R>()?;
        keys.into_iter().for_each(|key| table.want(key));
        Ok(())
    }

    /// The rows whose `field` is `value` (see [`Row::looked_up_by`]); there has to be an index on it.
    ///
    /// # Errors
    /// As [`Unit::get`].
    pub fn find_by<R: Row>(
        &mut self,
        field: &'static str,
        value: Bson,
    ) -> StoreResult<Vec<Arc<R>>> {
        Ok(self.table::<R>()?.find_by(field, value)?)
    }

    /// Says that [`Unit::find_by`] will be asked, so that what it finds is loaded with whatever else is.
    ///
    /// # Errors
    /// None in practice; see [`Unit::get`].
    pub fn seek<R: Row>(&mut self, field: &'static str, value: Bson) -> StoreResult<()> {
        self.table::<R>()?.seek(field, value);
        Ok(())
    }

    /// Writes `row`: changes what differs of it if it was read and is there, else inserts it. If one that was not read is there after all, the
    /// write fails with [`StoreError::Duplicate`].
    ///
    /// # Errors
    /// None in practice; see [`Unit::get`].
    pub fn put<R: Row>(&mut self, row: R) -> StoreResult<()> {
        self.table::<R>()?.put(row);
        Ok(())
    }

    /// Deletes the row `key`, if it is there.
    ///
    /// # Errors
    /// None in practice; see [`Unit::get`].
    pub fn delete<R: Row>(&mut self, key: &R::Key) -> StoreResult<()> {
        self.table::<R>()?.delete(key);
        Ok(())
    }

    /// Counts a message that was handled before and changes nothing. [`is_new`](super::is_new) does so by itself.
    pub fn handled_before(&mut self) {
        self.repeated = self.repeated.saturating_add(1);
    }

    /// How many those were.
    pub(super) const fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Notes a message of the outbox, so that the relay hears of it once it is committed.
    pub(super) fn sent(&mut self, message: Arc<Envelope>) {
        self.messages.push(message);
    }

    fn table<R: Row>(&mut self) -> StoreResult<&mut Table<R>> {
        let place = *self.places.entry(TypeId::of::<R>()).or_insert_with(|| {
            self.tables.push(Box::new(Table::<R>::default()));
            self.tables.len() - 1
        });
        self.tables
            .get_mut(place)
            .and_then(|table| table.as_any().downcast_mut())
            .ok_or_else(|| StoreError::Corrupt("a table of another row".to_owned()))
    }

    /// Whether a run asked for what is not loaded.
    pub(super) fn is_wanting(&self) -> bool {
        self.tables.iter().any(|table| table.is_wanting())
    }

    /// Loads that, and forgets what the void run changed.
    pub(super) async fn load(
        &mut self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        self.messages.clear();
        self.kept_messages = 0;
        self.works = 0;
        (self.repeated, self.kept_repeated) = (0, 0);
        for table in &mut self.tables {
            table.reset();
            if table.is_wanting() {
                table.load(db, session).await?;
            }
        }
        Ok(())
    }

    /// Ends one work: its changes stay, or not.
    pub(super) fn end(&mut self, keep: Keep) {
        for table in &mut self.tables {
            match keep {
                Keep::Changes => table.keep(self.works),
                Keep::Nothing => table.undo(),
            }
        }
        match keep {
            Keep::Changes => {
                self.kept_messages = self.messages.len();
                self.kept_repeated = self.repeated;
            }
            Keep::Nothing => {
                self.messages.truncate(self.kept_messages);
                self.repeated = self.kept_repeated;
            }
        }
        self.works += 1;
    }

    /// The statements that write all changes.
    pub(super) fn statements(&self) -> StoreResult<Vec<(&'static str, Statements)>> {
        self.tables.iter().map(|table| table.statements()).collect()
    }

    /// The rows that each work changes or deletes, which another transaction may change at the same time. None are known before all have run.
    pub(super) fn changed(&self) -> StoreResult<Vec<Locks>> {
        let mut works = Vec::new();
        works.resize_with(self.works, Locks::default);
        for table in &self.tables {
            table.changed(&mut works)?;
        }
        Ok(works)
    }

    /// The messages that go out with them.
    pub(super) fn messages(&self) -> Vec<Arc<Envelope>> {
        self.messages.clone()
    }
}

/// What stays of a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Changes,
    Nothing,
}
