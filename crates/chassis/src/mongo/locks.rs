//! What a batch that lost a race does first when it tries again: it locks the rows that it is going to change.
//!
//! Of two transactions that change a row, MongoDB fails the one that comes second, and also one that read the row before the other
//! committed. So a batch that reads for long loses against one that reads for a short time, again and again. A change that is the first
//! thing a transaction does asks no more than that nobody else has changed the row at that moment; from then on the others lose. (MongoDB has
//! no `SELECT ... FOR UPDATE`; to change a field that means nothing is what its makers advise in its place.)

use std::collections::BTreeMap;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::{Bson, Document, doc};
use mongodb::{ClientSession, Database};

use super::codec::value_bytes;
use super::failure::Failure;

/// The field whose change locks a row. The change that the row was locked for takes it away again.
pub(super) const FIELD: &CStr = cstr!("_lock");

/// Rows to lock: their keys, by collection and the key's bytes.
#[derive(Debug, Default)]
pub(super) struct Locks(BTreeMap<&'static str, BTreeMap<Vec<u8>, Bson>>);

impl Locks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the rows of a collection that have these keys.
    pub(super) fn add(&mut self, collection: &'static str, keys: Vec<Bson>) {
        if !keys.is_empty() {
            let keys = keys.into_iter().map(|key| (value_bytes(&key), key));
            self.0.entry(collection).or_default().extend(keys);
        }
    }

    /// Adds those of another.
    pub(super) fn merge(&mut self, other: &Self) {
        for (collection, keys) in &other.0 {
            self.add(collection, keys.values().cloned().collect());
        }
    }

    /// Locks them until the transaction ends. One that is gone meanwhile needs no lock.
    ///
    /// # Errors
    /// [`Failure::Lost`] if another transaction has changed one of them and has not committed yet.
    pub(super) async fn take(
        &self,
        db: &Database,
        session: &mut ClientSession,
    ) -> Result<(), Failure> {
        for (collection, keys) in &self.0 {
            db.collection::<Document>(collection)
                .update_many(
                    doc! { "_id": { "$in": keys.values().cloned().collect::<Vec<_>>() } },
                    // Another value than any before it: what changes nothing locks nothing.
                    doc! { "$set": { FIELD.as_str(): ObjectId::new() } },
                )
                .session(&mut *session)
                .await?;
        }
        Ok(())
    }
}
