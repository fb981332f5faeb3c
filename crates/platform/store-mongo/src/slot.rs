//! One record of a [`Table`](super::table::Table): its stored state and its new state.

use std::sync::Arc;

use mongodb::bson::raw::RawDocumentBuf;
use store::{StoreError, StoreResult};

use super::change::Change;
use super::locks;
use super::record::MongoRecord;
use super::statements::{Owners, Statements};

/// What is known of a record, and its new state.
pub(super) struct Slot<R> {
    /// As in the transaction's snapshot.
    pub(super) stored: Stored<R>,
    /// The new state.
    pub(super) now: Option<Arc<R>>,
    /// The writes that changed it, if the change must be written.
    pub(super) owners: Option<Owners>,
    /// Whether the row must be written even if nothing differs, so that its other writers conflict with this transaction.
    pub(super) is_held: bool,
}

pub(super) enum Stored<R> {
    /// Not read: the record is new, or else the server will refuse it.
    Unread,
    Absent,
    Present {
        record: Arc<R>,
        /// As the server sent it.
        document: Arc<RawDocumentBuf>,
    },
    /// It does not decode. Only the writes that read it fail.
    Broken(StoreError),
}

impl<R> Clone for Stored<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Unread => Self::Unread,
            Self::Absent => Self::Absent,
            Self::Present { record, document } => Self::Present {
                record: record.clone(),
                document: document.clone(),
            },
            Self::Broken(error) => Self::Broken(error.clone()),
        }
    }
}

impl<R> Clone for Slot<R> {
    fn clone(&self) -> Self {
        Self {
            stored: self.stored.clone(),
            now: self.now.clone(),
            owners: self.owners,
            is_held: self.is_held,
        }
    }
}

impl<R: MongoRecord> Slot<R> {
    /// Discards the changes. Returns false if nothing else is known of the record.
    pub(super) fn reset(&mut self) -> bool {
        self.owners = None;
        self.is_held = false;
        match &self.stored {
            Stored::Unread => return false,
            Stored::Absent | Stored::Broken(_) => self.now = None,
            Stored::Present { record, .. } => self.now = Some(record.clone()),
        }
        true
    }

    /// Adds the statement that writes the changes, if any.
    pub(super) fn write(&self, key: &R::Key, statements: &mut Statements) -> StoreResult<()> {
        let Some(owners) = self.owners else {
            return Ok(());
        };
        match (&self.stored, &self.now) {
            (Stored::Unread | Stored::Absent | Stored::Broken(_), Some(record)) => {
                statements.inserts.push(record.encode()?, owners);
            }
            (Stored::Present { record, document }, Some(now)) => {
                let change = if Arc::ptr_eq(record, now) {
                    None
                } else {
                    Change::between(document, &record.encode()?, &now.encode()?)?
                };
                if let Some(change) = change {
                    statements.updates.push(change.of(R::id(key))?, owners);
                } else if self.is_held {
                    // Two changes that cancel out: to the server, the row has been written.
                    for change in locks::touch() {
                        let statement = Statements::update(R::id(key), change)?;
                        statements.updates.push(statement, owners);
                    }
                }
            }
            (Stored::Present { .. }, None) => {
                let statement = Statements::delete(R::id(key))?;
                statements.deletes.push(statement, owners);
            }
            (Stored::Absent | Stored::Unread | Stored::Broken(_), None) => {}
        }
        Ok(())
    }
}
