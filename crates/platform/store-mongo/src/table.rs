//! The rows of one collection that a [`Unit`](super::Unit) works on: what is stored, what they are to become.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc, serialize_to_bson};
use mongodb::{ClientSession, Database};
use serde::Serialize;

use super::change::Change;
use super::codec::{corrupt, raw, value_bytes};
use super::failure::Failure;
use super::locks::Locks;
use super::{Row, decode};
use store::StoreResult;

/// What is known of a row, and what is to become of it.
struct Slot<R> {
    /// As the transaction's snapshot has it.
    stored: Stored<R>,
    /// As it is to be.
    now: Option<Arc<R>>,
    /// Whether that has to be written, and how.
    write: Write,
}

enum Stored<R> {
    /// Nobody asked: it is new, or the server will refuse it.
    Unread,
    Absent,
    Present {
        row: Arc<R>,
        /// As the server sent it.
        document: Arc<RawDocumentBuf>,
    },
}

impl<R> Clone for Stored<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Unread => Self::Unread,
            Self::Absent => Self::Absent,
            Self::Present { row, document } => Self::Present {
                row: row.clone(),
                document: document.clone(),
            },
        }
    }
}

impl<R> Clone for Slot<R> {
    fn clone(&self) -> Self {
        Self {
            stored: self.stored.clone(),
            now: self.now.clone(),
            write: self.write,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    No,
    /// Insert, update or delete, as what is stored and what is to be ask for.
    Yes,
}

/// The statements that bring a collection to what it is to be.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) inserts: RawArrayBuf,
    pub(super) insert_count: usize,
    pub(super) updates: RawArrayBuf,
    pub(super) update_count: usize,
    pub(super) deletes: RawArrayBuf,
    pub(super) delete_count: usize,
}

/// A [`Table`] of whatever rows.
#[async_trait]
pub(super) trait AnyTable: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    /// Whether somebody asked for what is not loaded.
    fn is_wanting(&self) -> bool;
    /// Loads that, in one query a kind of question.
    async fn load(&mut self, db: &Database, session: &mut ClientSession) -> Result<(), Failure>;
    /// Forgets all changes.
    fn reset(&mut self);
    /// Keeps the changes since the last call of this or of `undo`, as those of the work with this number.
    fn keep(&mut self, work: usize);
    /// Undoes them.
    fn undo(&mut self);
    /// The collection and the statements that write the changes.
    fn statements(&self) -> StoreResult<(&'static str, Statements)>;
    /// Adds to each work's locks the rows that are there and that it changed or deleted; works are numbered as in `keep`.
    fn changed(&self, works: &mut [Locks]) -> StoreResult<()>;
}

pub(super) struct Table<R: Row> {
    slots: HashMap<R::Key, Slot<R>>,
    wanted: HashSet<R::Key>,
    /// Which rows have a value in a field, by the field and the value's bytes.
    found: HashMap<(&'static str, Vec<u8>), Vec<R::Key>>,
    sought: HashMap<(&'static str, Vec<u8>), Bson>,
    /// What the running work changed, as it was before.
    undo: Vec<(R::Key, Option<Slot<R>>)>,
    /// Which work changed which rows.
    kept: Vec<(usize, R::Key)>,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            slots: HashMap::new(),
            wanted: HashSet::new(),
            found: HashMap::new(),
            sought: HashMap::new(),
            undo: Vec::new(),
            kept: Vec::new(),
        }
    }
}

impl<R: Row> Table<R> {
    /// The row, `Err` if it has to be loaded first.
    pub(super) fn get(&mut self, key: &R::Key) -> Result<Option<Arc<R>>, NotLoaded> {
        if let Some(slot) = self.slots.get(key) {
            // What was written blindly is known to whoever wrote it.
            return Ok(slot.now.clone());
        }
        self.wanted.insert(key.clone());
        Err(NotLoaded)
    }

    pub(super) fn want(&mut self, key: R::Key) {
        if !self.slots.contains_key(&key) {
            self.wanted.insert(key);
        }
    }

    pub(super) fn find_by(
        &mut self,
        field: &'static str,
        value: Bson,
    ) -> Result<Vec<Arc<R>>, NotLoaded> {
        let place = (field, value_bytes(&value));
        let Some(stored) = self.found.get(&place) else {
            self.sought.insert(place, value);
            return Err(NotLoaded);
        };
        // What the batch has changed so far may have come to the value, or left it.
        let changed = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.write != Write::No)
            .map(|(key, _)| key);
        let keys: HashSet<&R::Key> = stored.iter().chain(changed).collect();
        Ok(keys
            .into_iter()
            .filter_map(|key| self.slots.get(key)?.now.clone())
            .filter(|row| row.looked_up_by(field).as_ref() == Some(&value))
            .collect())
    }

    pub(super) fn seek(&mut self, field: &'static str, value: Bson) {
        let place = (field, value_bytes(&value));
        if !self.found.contains_key(&place) {
            self.sought.insert(place, value);
        }
    }

    pub(super) fn put(&mut self, row: R) {
        self.change(row.key(), Some(Arc::new(row)), Write::Yes);
    }

    pub(super) fn delete(&mut self, key: &R::Key) {
        self.change(key.clone(), None, Write::Yes);
    }

    fn change(&mut self, key: R::Key, now: Option<Arc<R>>, write: Write) {
        let before = self.slots.get(&key);
        let stored = before.map_or(Stored::Unread, |slot| slot.stored.clone());
        self.undo.push((key.clone(), before.cloned()));
        self.slots.insert(key, Slot { stored, now, write });
    }

    fn loaded(&mut self, (row, document): (R, RawDocumentBuf)) -> R::Key {
        let key = row.key();
        let row = Arc::new(row);
        self.slots.entry(key.clone()).or_insert_with(|| Slot {
            stored: Stored::Present {
                row: row.clone(),
                document: Arc::new(document),
            },
            now: Some(row),
            write: Write::No,
        });
        key
    }

    async fn query(
        db: &Database,
        session: &mut ClientSession,
        filter: Document,
        expected: usize,
    ) -> Result<Vec<(R, RawDocumentBuf)>, Failure> {
        // One round trip: the first batch holds all that the filter can find.
        let batch = u32::try_from(expected)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let mut cursor = db
            .collection::<RawDocumentBuf>(R::COLLECTION)
            .find(filter)
            .batch_size(batch)
            .session(&mut *session)
            .await?;
        let mut rows = Vec::with_capacity(expected);
        while cursor.advance(session).await? {
            let document = cursor.current();
            rows.push((decode(R::COLLECTION, document)?, document.to_owned()));
        }
        Ok(rows)
    }
}

/// A row that has to be loaded first.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotLoaded;

#[async_trait]
impl<R: Row> AnyTable for Table<R> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty() || !self.sought.is_empty()
    }

    async fn load(&mut self, db: &Database, session: &mut ClientSession) -> Result<(), Failure> {
        let wanted: Vec<R::Key> = self.wanted.drain().collect();
        if !wanted.is_empty() {
            let keys = wanted
                .iter()
                .map(bson)
                .collect::<StoreResult<Vec<Bson>>>()?;
            let filter = doc! { "_id": { "$in": keys } };
            for found in Self::query(db, session, filter, wanted.len()).await? {
                self.loaded(found);
            }
            for key in wanted {
                self.slots.entry(key).or_insert(Slot {
                    stored: Stored::Absent,
                    now: None,
                    write: Write::No,
                });
            }
        }
        let mut fields: HashMap<&'static str, Vec<Bson>> = HashMap::new();
        for ((field, bytes), value) in self.sought.drain() {
            self.found.insert((field, bytes), Vec::new());
            fields.entry(field).or_default().push(value);
        }
        for (field, values) in fields {
            let expected = values.len();
            let filter = doc! { field: { "$in": values } };
            for found in Self::query(db, session, filter, expected).await? {
                let value = found.0.looked_up_by(field);
                let key = self.loaded(found);
                if let Some(value) = value {
                    let keys = self.found.entry((field, value_bytes(&value))).or_default();
                    keys.push(key);
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.undo.clear();
        self.kept.clear();
        self.slots.retain(|_, slot| {
            slot.write = Write::No;
            match &slot.stored {
                Stored::Unread => false,
                Stored::Absent => {
                    slot.now = None;
                    true
                }
                Stored::Present { row, .. } => {
                    slot.now = Some(row.clone());
                    true
                }
            }
        });
    }

    fn keep(&mut self, work: usize) {
        let changed = self.undo.drain(..).map(|(key, _)| (work, key));
        self.kept.extend(changed);
    }

    fn undo(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(slot) => self.slots.insert(key, slot),
                None => self.slots.remove(&key),
            };
        }
    }

    fn statements(&self) -> StoreResult<(&'static str, Statements)> {
        let mut statements = Statements::default();
        for (key, slot) in &self.slots {
            if slot.write == Write::No {
                continue;
            }
            match (&slot.stored, &slot.now) {
                (Stored::Unread | Stored::Absent, Some(row)) => {
                    statements.inserts.push(raw(&**row)?);
                    statements.insert_count += 1;
                }
                (Stored::Present { row, document }, Some(now)) => {
                    if let Some(change) = Change::between(document, &**row, &**now)? {
                        statements.updates.push(update(key, &change)?);
                        statements.update_count += 1;
                    }
                }
                (Stored::Present { .. } | Stored::Unread, None) => {
                    statements.deletes.push(delete(key)?);
                    statements.delete_count += 1;
                }
                (Stored::Absent, None) => {}
            }
        }
        Ok((R::COLLECTION, statements))
    }

    fn changed(&self, works: &mut [Locks]) -> StoreResult<()> {
        for (work, key) in &self.kept {
            let slot = self.slots.get(key);
            let is_there = slot.is_some_and(|slot| matches!(slot.stored, Stored::Present { .. }));
            if let Some(locks) = works.get_mut(*work).filter(|_| is_there) {
                locks.add(R::COLLECTION, bson(key)?);
            }
        }
        Ok(())
    }
}

fn bson(value: &impl Serialize) -> StoreResult<Bson> {
    serialize_to_bson(value).map_err(|error| corrupt(error.to_string()))
}

#[derive(Serialize)]
struct ById<'a, K> {
    #[serde(rename = "_id")]
    id: &'a K,
}

fn update<K: Serialize>(key: &K, change: &Change) -> StoreResult<RawDocumentBuf> {
    #[derive(Serialize)]
    struct Update<'a, K> {
        q: ById<'a, K>,
        u: &'a Change,
    }
    raw(&Update {
        q: ById { id: key },
        u: change,
    })
}

fn delete<K: Serialize>(key: &K) -> StoreResult<RawDocumentBuf> {
    #[derive(Serialize)]
    struct Delete<'a, K> {
        q: ById<'a, K>,
        limit: i32,
    }
    raw(&Delete {
        q: ById { id: key },
        limit: 1,
    })
}
