//! What a batch that lost a race does first when it tries again: it locks the rows that it is going to change.
//!
//! Of two transactions that change a row, MongoDB fails the one that comes second, and also one whose snapshot is older than the other's
//! commit. So a batch that reads for long loses against one that reads for a short time, again and again. The first thing a transaction does
//! takes the snapshot, too: a change then asks little more than that nobody else has an open change of the row; from then on the others lose.
//! (MongoDB has no `SELECT ... FOR UPDATE`; to change a field that means nothing is what its makers advise in its place.)

use std::collections::BTreeMap;

use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::{Bson, Document, doc};
use mongodb::{ClientSession, Database};
use uuid::Uuid;

use super::codec::{id_bson, value_bytes};
use super::failure::Failure;

/// The field whose change locks a row. The transaction that sets it takes it away again.
pub(super) const FIELD: &CStr = cstr!("_lock");

/// Rows to lock: their keys, by collection and the key's bytes.
#[derive(Debug, Default, Clone)]
pub(super) struct Locks(BTreeMap<&'static str, BTreeMap<Vec<u8>, Bson>>);

impl Locks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the row of a collection that has this key.
    pub(super) fn add(&mut self, collection: &'static str, key: Bson) {
        let keys = self.0.entry(collection).or_default();
        keys.insert(value_bytes(&key), key);
    }

    /// Adds those of another.
    pub(super) fn merge(&mut self, other: &Self) {
        for (collection, keys) in &other.0 {
            let keys = keys.iter().map(|(bytes, key)| (bytes.clone(), key.clone()));
            self.0.entry(collection).or_default().extend(keys);
        }
    }

    /// Takes out those that another has.
    pub(super) fn without(mut self, other: &Self) -> Self {
        self.0.retain(|collection, keys| {
            if let Some(others) = other.0.get(collection) {
                keys.retain(|bytes, _| !others.contains_key(bytes));
            }
            !keys.is_empty()
        });
        self
    }

    /// Whether all of another's are among them.
    pub(super) fn contain(&self, other: &Self) -> bool {
        other.0.iter().all(|(collection, others)| {
            let keys = self.0.get(collection);
            keys.is_some_and(|keys| others.keys().all(|key| keys.contains_key(key)))
        })
    }

    /// Locks them until the transaction ends. One that is gone meanwhile needs no lock.
    ///
    /// # Errors
    /// [`Failure::Lost`] if another transaction has changed one of them and has not committed, or did so just now.
    pub(super) async fn take(
        &self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        // Another value than any before it: what changes nothing locks nothing.
        let lock = doc! { "$set": { FIELD.as_str(): id_bson(Uuid::new_v4()) } };
        self.change(db, session, &lock).await
    }

    /// Takes the field away from rows that were locked and are not changed after all.
    pub(super) async fn leave(
        &self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        let unlock = doc! { "$unset": { FIELD.as_str(): true } };
        self.change(db, session, &unlock).await
    }

    async fn change(
        &self,
        db: &Database,
        session: &mut ClientSession,
        change: &Document,
    ) -> Result<(), Failure> {
        for (collection, keys) in &self.0 {
            let keys: Vec<_> = keys.values().cloned().collect();
            db.collection::<Document>(collection)
                .update_many(doc! { "_id": { "$in": keys } }, change.clone())
                .session(&mut *session)
                .await?;
        }
        Ok(())
    }
}
