//! Row locks: a batch that lost a race begins its next attempt by locking the rows that it is going to change.
//!
//! When two transactions change the same row, MongoDB fails the second one. It also fails one whose snapshot is older than the other's
//! commit. So a batch that reads for long keeps losing against one that reads briefly. The first operation of a transaction also takes
//! the snapshot. If that operation is a change, it needs little more than that no other transaction has an open change of the row; from
//! then on the others lose. (MongoDB has no `SELECT ... FOR UPDATE`; its developers recommend changing a meaningless field instead.)

use std::collections::BTreeMap;

use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::{Bson, Document, doc};
use mongodb::{ClientSession, Database};
use uuid::Uuid;

use super::codec::{bson_of, value_bytes};
use super::failure::Failure;

/// The field whose change locks a row. The transaction that sets it removes it again.
pub(super) const FIELD: &CStr = cstr!("_lock");

/// The changes that lock a row and remove the lock again.
pub(super) fn touch() -> [Document; 2] {
    // A value never used before: an update without effect locks nothing.
    let lock = doc! { "$set": { FIELD.as_str(): bson_of(&Uuid::new_v4()) } };
    let unlock = doc! { "$unset": { FIELD.as_str(): true } };
    [lock, unlock]
}

/// Rows to lock: their keys, by collection and the key's bytes.
#[derive(Debug, Default, Clone)]
pub(super) struct Locks(BTreeMap<&'static str, BTreeMap<Vec<u8>, Bson>>);

impl Locks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the row with this key.
    pub(super) fn add(&mut self, collection: &'static str, key: Bson) {
        let keys = self.0.entry(collection).or_default();
        keys.insert(value_bytes(&key), key);
    }

    /// Adds the locks of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (collection, keys) in &other.0 {
            let keys = keys.iter().map(|(bytes, key)| (bytes.clone(), key.clone()));
            self.0.entry(collection).or_default().extend(keys);
        }
    }

    /// Removes the locks that `other` has.
    pub(super) fn without(mut self, other: &Self) -> Self {
        self.0.retain(|collection, keys| {
            if let Some(others) = other.0.get(collection) {
                keys.retain(|bytes, _| !others.contains_key(bytes));
            }
            !keys.is_empty()
        });
        self
    }

    /// Whether all locks of `other` are included.
    pub(super) fn contain(&self, other: &Self) -> bool {
        other.0.iter().all(|(collection, others)| {
            let keys = self.0.get(collection);
            keys.is_some_and(|keys| others.keys().all(|key| keys.contains_key(key)))
        })
    }

    /// Locks the rows until the transaction ends. A row that has been deleted meanwhile needs no lock.
    ///
    /// # Errors
    /// [`Failure::Lost`] if another transaction has changed one of them and has not committed, or committed only just now.
    pub(super) async fn take(
        &self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        let [lock, _] = touch();
        self.change(db, session, &lock).await
    }

    /// Removes the lock field from rows that were locked but not changed after all.
    pub(super) async fn leave(
        &self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        let [_, unlock] = touch();
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
