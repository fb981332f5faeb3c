//! The records of one kind that a [`Unit`](super::unit::Unit) works on: their stored and new states.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use mongodb::bson::{Bson, Document};
use mongodb::{ClientSession, Database};
use store::{AnyKey, AnyRecord, StoreError, StoreResult, Value, key_of, record_of};

use super::codec::{bson_of, value_bytes};
use super::failure::Failure;
use super::locks::Locks;
use super::record::MongoRecord;
use super::slot::{Slot, Stored};
use super::statements::{Owners, Place, Statements};

/// A [`Table`] of records of any kind.
#[async_trait]
pub(super) trait AnyTable: Send {
    fn get(&mut self, key: &AnyKey) -> StoreResult<Option<AnyRecord>>;
    fn find_by(
        &mut self,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>>;
    fn want(&mut self, key: &AnyKey) -> StoreResult<()>;
    fn insert(&mut self, record: AnyRecord, by: Place) -> StoreResult<()>;
    fn put(&mut self, record: AnyRecord, by: Place) -> StoreResult<()>;
    fn delete(&mut self, key: &AnyKey, by: Place) -> StoreResult<()>;
    fn hold(&mut self, key: &AnyKey, by: Place) -> StoreResult<()>;
    /// How many records and lookups must be loaded first.
    fn misses(&self) -> usize;
    /// The collection of its records. Another table may share it.
    fn collection(&self) -> &'static str;
    /// The `_id`s of the records that must be loaded first, for one query.
    fn ask(&mut self) -> Vec<Bson>;
    /// Accepts a document that the query found, if this table asked for it.
    fn take(&mut self, id: &[u8], document: &RawDocument);
    /// Called when the query has returned everything.
    fn end(&mut self);
    /// Runs the lookups that must be loaded first, in one query per field.
    async fn seek(&mut self, db: &Database, session: &mut ClientSession) -> Result<(), Failure>;
    /// Discards all changes.
    fn reset(&mut self);
    /// The number of changes so far, for [`AnyTable::undo_to`].
    fn mark(&self) -> usize;
    /// Undoes the changes made after `mark`.
    fn undo_to(&mut self, mark: usize);
    /// Adds the statements that write the changes.
    fn statements(&self, statements: &mut Statements) -> StoreResult<()>;
    /// Adds to each write's locks the stored records that it changed or deleted.
    fn changed(&self, works: &mut [Locks]);
}

pub(super) struct Table<R: MongoRecord> {
    slots: HashMap<R::Key, Slot<R>>,
    wanted: HashSet<R::Key>,
    /// The records that a query was asked for, by the bytes of their `_id`s.
    asked: HashMap<Vec<u8>, R::Key>,
    /// The records with a given value in a field.
    found: HashMap<(&'static str, Value), Vec<R::Key>>,
    sought: HashSet<(&'static str, Value)>,
    /// The changes: which write made each, and the state before it.
    log: Vec<(Place, R::Key, Option<Slot<R>>)>,
}

impl<R: MongoRecord> Default for Table<R> {
    fn default() -> Self {
        Self {
            slots: HashMap::new(),
            wanted: HashSet::new(),
            asked: HashMap::new(),
            found: HashMap::new(),
            sought: HashSet::new(),
            log: Vec::new(),
        }
    }
}

/// The error of a read whose record must be loaded first. No caller sees it: the run is void.
fn not_loaded() -> StoreError {
    StoreError::Conflict("not loaded yet".to_owned())
}

impl<R: MongoRecord> Table<R> {
    /// The record; an error if it must be loaded first.
    fn record(&mut self, key: &R::Key) -> StoreResult<Option<Arc<R>>> {
        if let Some(slot) = self.slots.get(key) {
            return match (&slot.stored, &slot.now) {
                (Stored::Broken(error), None) => Err(error.clone()),
                (_, now) => Ok(now.clone()),
            };
        }
        self.wanted.insert(key.clone());
        Err(not_loaded())
    }

    fn change(&mut self, key: R::Key, now: Option<Arc<R>>, by: Place) {
        let before = self.slots.get(&key);
        let stored = before.map_or(Stored::Unread, |slot| slot.stored.clone());
        let owners = before
            .and_then(|slot| slot.owners)
            .map_or(Owners::new(by), |owners| owners.and(by));
        let is_held = before.is_some_and(|slot| slot.is_held);
        self.log.push((by, key.clone(), before.cloned()));
        let owners = Some(owners);
        self.slots.insert(
            key,
            Slot {
                stored,
                now,
                owners,
                is_held,
            },
        );
    }

    /// Records the stored state, if it is not known yet.
    fn know(&mut self, key: R::Key, stored: Stored<R>) {
        self.slots.entry(key).or_insert(Slot {
            stored,
            now: None,
            owners: None,
            is_held: false,
        });
    }

    fn loaded(&mut self, record: R, document: RawDocumentBuf) -> R::Key {
        let key = record.key();
        let record = Arc::new(record);
        self.slots.entry(key.clone()).or_insert_with(|| Slot {
            stored: Stored::Present {
                record: record.clone(),
                document: Arc::new(document),
            },
            now: Some(record),
            owners: None,
            is_held: false,
        });
        key
    }
}

#[async_trait]
impl<R: MongoRecord> AnyTable for Table<R> {
    fn get(&mut self, key: &AnyKey) -> StoreResult<Option<AnyRecord>> {
        let found = self.record(key_of::<R>(key)?)?;
        Ok(found.map(any))
    }

    fn find_by(
        &mut self,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        let place = (field, value.clone());
        let Some(stored) = self.found.get(&place) else {
            self.sought.insert(place);
            return Err(not_loaded());
        };
        // Earlier changes of this batch may have added the value to a record, or removed it.
        let changed = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.owners.is_some())
            .map(|(key, _)| key);
        let keys: HashSet<&R::Key> = stored.iter().chain(changed).collect();
        let found = keys
            .into_iter()
            .filter_map(|key| self.slots.get(key)?.now.clone())
            .filter(|record| record.lookup(field).as_ref() == Some(value))
            .map(any);
        Ok(found.take(limit).collect())
    }

    fn want(&mut self, key: &AnyKey) -> StoreResult<()> {
        let key = key_of::<R>(key)?;
        if !self.slots.contains_key(key) {
            self.wanted.insert(key.clone());
        }
        Ok(())
    }

    fn insert(&mut self, record: AnyRecord, by: Place) -> StoreResult<()> {
        let record = record_of::<R>(record)?;
        let key = record.key();
        if self.slots.get(&key).is_some_and(|slot| slot.now.is_some()) {
            return Err(StoreError::Duplicate(format!("{} {key:?}", R::NAME)));
        }
        self.change(key, Some(record), by);
        Ok(())
    }

    fn put(&mut self, record: AnyRecord, by: Place) -> StoreResult<()> {
        let record = record_of::<R>(record)?;
        let key = record.key();
        self.record(&key)?;
        self.change(key, Some(record), by);
        Ok(())
    }

    fn delete(&mut self, key: &AnyKey, by: Place) -> StoreResult<()> {
        let key = key_of::<R>(key)?;
        if self.record(key)?.is_some() {
            self.change(key.clone(), None, by);
        }
        Ok(())
    }

    fn hold(&mut self, key: &AnyKey, by: Place) -> StoreResult<()> {
        let key = key_of::<R>(key)?;
        let now = self.record(key)?;
        self.change(key.clone(), now, by);
        if let Some(slot) = self.slots.get_mut(key) {
            slot.is_held = true;
        }
        Ok(())
    }

    fn misses(&self) -> usize {
        self.wanted.len() + self.sought.len()
    }

    fn collection(&self) -> &'static str {
        R::COLLECTION
    }

    fn ask(&mut self) -> Vec<Bson> {
        let wanted = self.wanted.drain().map(|key| (R::id(&key), key));
        let (ids, asked) = wanted
            .map(|(id, key)| (id.clone(), (value_bytes(&id), key)))
            .unzip();
        self.asked = asked;
        ids
    }

    fn take(&mut self, id: &[u8], document: &RawDocument) {
        let Some(key) = self.asked.remove(id) else {
            return;
        };
        match R::decode(document) {
            Ok(record) => drop(self.loaded(record, document.to_owned())),
            Err(error) => self.know(key, Stored::Broken(error)),
        }
    }

    fn end(&mut self) {
        for key in std::mem::take(&mut self.asked).into_values() {
            self.know(key, Stored::Absent);
        }
    }

    async fn seek(&mut self, db: &Database, session: &mut ClientSession) -> Result<(), Failure> {
        let mut fields: HashMap<&'static str, Vec<Bson>> = HashMap::new();
        for (field, value) in self.sought.drain() {
            fields.entry(field).or_default().push(bson_of(&value));
            self.found.insert((field, value), Vec::new());
        }
        for (field, values) in fields {
            let expected = values.len();
            let filter = R::has(field, values);
            for document in query(db, session, R::COLLECTION, filter, expected).await? {
                let record = R::decode(&document)?;
                let value = record.lookup(field);
                let key = self.loaded(record, document);
                if let Some(value) = value {
                    self.found.entry((field, value)).or_default().push(key);
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.log.clear();
        self.slots.retain(|_, slot| slot.reset());
    }

    fn mark(&self) -> usize {
        self.log.len()
    }

    fn undo_to(&mut self, mark: usize) {
        while self.log.len() > mark
            && let Some((_, key, before)) = self.log.pop()
        {
            match before {
                Some(slot) => self.slots.insert(key, slot),
                None => self.slots.remove(&key),
            };
        }
    }

    fn statements(&self, statements: &mut Statements) -> StoreResult<()> {
        self.slots
            .iter()
            .try_for_each(|(key, slot)| slot.write(key, statements))
    }

    fn changed(&self, works: &mut [Locks]) {
        for (by, key, _) in &self.log {
            let slot = self.slots.get(key);
            let is_stored = slot.is_some_and(|slot| matches!(slot.stored, Stored::Present { .. }));
            if let Some(locks) = works.get_mut(by.work).filter(|_| is_stored) {
                locks.add(R::COLLECTION, R::id(key));
            }
        }
    }
}

/// The documents that match `filter`, about `expected` at most, in one round trip: the first batch holds them all.
pub(super) async fn query(
    db: &Database,
    session: &mut ClientSession,
    collection: &'static str,
    filter: Document,
    expected: usize,
) -> Result<Vec<RawDocumentBuf>, Failure> {
    let batch = u32::try_from(expected)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let mut cursor = db
        .collection::<RawDocumentBuf>(collection)
        .find(filter)
        .batch_size(batch)
        .session(&mut *session)
        .await?;
    let mut documents = Vec::with_capacity(expected);
    while cursor.advance(session).await? {
        documents.push(cursor.current().to_owned());
    }
    Ok(documents)
}

fn any<R: MongoRecord>(record: Arc<R>) -> AnyRecord {
    record
}
