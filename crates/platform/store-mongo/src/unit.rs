//! A unit of work (Fowler, PoEAA): the records that a batch of writes reads and changes, kept in memory between one load and one commit.
//! It implements the transaction port on MongoDB.
//!
//! A write may run more than once. When it asks for a record that is not loaded yet, its run is void. The records that all writes of the
//! batch asked for are then loaded together, and all writes run again. Writes of a batch see each other's changes in order, as if each
//! had its own transaction; one that fails leaves no trace.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::Envelope;
use mongodb::bson::{Bson, doc};
use mongodb::{ClientSession, Database};
use store::{AnyKey, AnyRecord, Engine, Keep, Kind, StoreError, StoreResult, Value};
use telemetry::traceparent;

use super::codec::id_bytes;
use super::failure::Failure;
use super::locks::Locks;
use super::outbox::waiting;
use super::records::Records;
use super::statements::{Place, Statements};
use super::table::{AnyTable, query};

/// The records of a batch of writes. See the module.
pub(super) struct Unit {
    records: Arc<Records>,
    /// In order of first use.
    tables: Vec<(TypeId, Box<dyn AnyTable>)>,
    messages: Vec<Arc<Envelope>>,
    repeated: u64,
    /// The running write, and its item.
    running: Place,
    /// How many items of the write have begun.
    items: usize,
    /// Items that the server refused, and why.
    refused: BTreeMap<usize, StoreError>,
    /// Where the running write and item began.
    savepoints: Vec<Savepoint>,
}

/// The sizes of everything when a write or item began.
struct Savepoint {
    changes: Vec<usize>,
    messages: usize,
    repeated: u64,
}

impl Unit {
    pub(super) fn new(records: Arc<Records>) -> Self {
        Self {
            records,
            tables: Vec::new(),
            messages: Vec::new(),
            repeated: 0,
            running: Place::default(),
            items: 0,
            refused: BTreeMap::new(),
            savepoints: Vec::new(),
        }
    }

    /// How many messages had been handled before.
    pub(super) const fn repeated(&self) -> u64 {
        self.repeated
    }

    fn table(&mut self, kind: Kind) -> StoreResult<&mut Box<dyn AnyTable>> {
        let known = self.tables.iter().position(|(id, _)| *id == kind.id);
        let place = known.unwrap_or(self.tables.len());
        if known.is_none() {
            let table = (self.records.layout(kind)?.table)();
            self.tables.push((kind.id, table));
        }
        let table = self.tables.get_mut(place).map(|(_, table)| table);
        table.ok_or_else(|| StoreError::Corrupt("a table is gone".to_owned()))
    }

    /// Loads what was missing, and discards the changes of the void run.
    pub(super) async fn load(
        &mut self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        self.messages.clear();
        self.repeated = 0;
        self.running = Place::default();
        let mut asked: Vec<(&'static str, Vec<Bson>)> = Vec::new();
        for (_, table) in &mut self.tables {
            table.reset();
            let ids = table.ask();
            match asked.iter_mut().find(|(at, _)| *at == table.collection()) {
                Some((_, known)) => known.extend(ids),
                None if ids.is_empty() => {}
                None => asked.push((table.collection(), ids)),
            }
        }
        // One query per collection, however many kinds of record it holds.
        for (collection, ids) in asked {
            let expected = ids.len();
            let filter = doc! { "_id": { "$in": ids } };
            for document in query(db, session, collection, filter, expected).await? {
                let id = id_bytes(collection, &document)?;
                let tables = self.tables.iter_mut().map(|(_, table)| table);
                tables
                    .filter(|table| table.collection() == collection)
                    .for_each(|table| table.take(&id, &document));
            }
        }
        for (_, table) in &mut self.tables {
            table.end();
            table.seek(db, session).await?;
        }
        Ok(())
    }

    /// Begins the next write. `refused` holds the items that the server refused earlier.
    pub(super) fn begin(&mut self, refused: &BTreeMap<usize, StoreError>) {
        self.refused.clone_from(refused);
        self.items = 0;
        self.save();
    }

    /// Ends the write, and keeps or undoes its changes.
    pub(super) fn end(&mut self, keep: Keep) {
        // If it panicked inside an item, the item's savepoint is still open: undo from where the write began.
        self.savepoints.truncate(1);
        self.release(keep);
        self.running = Place {
            work: self.running.work + 1,
            item: None,
        };
    }

    fn save(&mut self) {
        self.savepoints.push(Savepoint {
            changes: self.tables.iter().map(|(_, table)| table.mark()).collect(),
            messages: self.messages.len(),
            repeated: self.repeated,
        });
    }

    fn release(&mut self, keep: Keep) {
        let Some(savepoint) = self.savepoints.pop() else {
            return;
        };
        if keep == Keep::Changes {
            return;
        }
        // Tables added later had no changes at that point.
        let marks = savepoint.changes.into_iter().chain(std::iter::repeat(0));
        for ((_, table), mark) in self.tables.iter_mut().zip(marks) {
            table.undo_to(mark);
        }
        self.messages.truncate(savepoint.messages);
        self.repeated = savepoint.repeated;
    }

    /// The statements that write all changes, by collection.
    pub(super) fn statements(&self) -> StoreResult<Vec<(&'static str, Statements)>> {
        let mut all: Vec<(&'static str, Statements)> = Vec::new();
        for (_, table) in &self.tables {
            let collection = table.collection();
            if let Some((_, statements)) = all.iter_mut().find(|(known, _)| *known == collection) {
                table.statements(statements)?;
                continue;
            }
            let mut statements = Statements::default();
            table.statements(&mut statements)?;
            all.push((collection, statements));
        }
        Ok(all)
    }

    /// The stored records that each write changes or deletes. None are known until all have run.
    pub(super) fn changed(&self) -> Vec<Locks> {
        let mut works = Vec::new();
        works.resize_with(self.running.work, Locks::default);
        for (_, table) in &self.tables {
            table.changed(&mut works);
        }
        works
    }

    /// The messages to send with these changes.
    pub(super) fn messages(&self) -> Vec<Arc<Envelope>> {
        self.messages.clone()
    }
}

impl Engine for Unit {
    fn get(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<Option<AnyRecord>> {
        self.table(kind)?.get(key)
    }

    fn find_by(
        &mut self,
        kind: Kind,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        self.table(kind)?.find_by(field, value, limit)
    }

    fn want(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        self.table(kind)?.want(key)
    }

    fn insert(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        let (kind, record) = waiting::stored(kind, record)?;
        let by = self.running;
        self.table(kind)?.insert(record, by)
    }

    fn put(&mut self, kind: Kind, record: AnyRecord) -> StoreResult<()> {
        let by = self.running;
        self.table(kind)?.put(record, by)
    }

    fn delete(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        let by = self.running;
        self.table(kind)?.delete(key, by)
    }

    fn hold(&mut self, kind: Kind, key: &AnyKey) -> StoreResult<()> {
        let by = self.running;
        self.table(kind)?.hold(key, by)
    }

    fn send(&mut self, message: Envelope) -> StoreResult<()> {
        let traceparent = message
            .traceparent
            .clone()
            .or_else(|| traceparent(message.subject.into()));
        self.messages.push(Arc::new(Envelope {
            traceparent,
            ..message
        }));
        Ok(())
    }

    fn handled_before(&mut self) {
        self.repeated = self.repeated.saturating_add(1);
    }

    fn begin_item(&mut self) -> StoreResult<()> {
        let item = self.items;
        self.items += 1;
        if let Some(error) = self.refused.get(&item) {
            return Err(error.clone());
        }
        self.running.item = Some(item);
        self.save();
        Ok(())
    }

    fn end_item(&mut self, keep: Keep) -> StoreResult<()> {
        self.release(keep);
        self.running.item = None;
        Ok(())
    }

    fn misses(&self) -> usize {
        self.tables.iter().map(|(_, table)| table.misses()).sum()
    }
}
