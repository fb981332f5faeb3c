//! The statements that write a collection's changes, and which write requested each.

use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use mongodb::bson::{Bson, Document, doc, serialize_to_raw_document_buf};
use store::{StoreError, StoreResult};

use super::codec::corrupt;

/// A write of a batch, or an item of [`Tx::each`](store::Tx::each) in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Index of the write in the batch.
    pub(super) work: usize,
    /// Index of the item in the write.
    pub(super) item: Option<usize>,
}

/// Which writes changed a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owners {
    first: Place,
    last: Place,
}

impl Owners {
    pub(super) const fn new(by: Place) -> Self {
        Self {
            first: by,
            last: by,
        }
    }

    pub(super) const fn and(self, by: Place) -> Self {
        Self {
            first: self.first,
            last: by,
        }
    }

    /// The write that a refused statement belongs to: for a duplicate the one that inserted the record, otherwise the one that last
    /// changed it.
    pub(super) const fn to_blame(self, error: &StoreError) -> Place {
        match error {
            StoreError::Duplicate(_) => self.first,
            StoreError::Conflict(_) | StoreError::Unavailable(_) | StoreError::Corrupt(_) => {
                self.last
            }
        }
    }
}

/// Statements of one kind.
#[derive(Default)]
pub(super) struct List {
    pub(super) statements: RawArrayBuf,
    pub(super) owners: Vec<Owners>,
}

impl List {
    pub(super) fn push(&mut self, statement: RawDocumentBuf, owners: Owners) {
        self.statements.push(statement);
        self.owners.push(owners);
    }
}

/// The statements for one collection.
#[derive(Default)]
pub(super) struct Statements {
    pub(super) inserts: List,
    pub(super) updates: List,
    pub(super) deletes: List,
}

impl Statements {
    /// The statement that applies `change` to the document `id`.
    pub(super) fn update(id: Bson, change: Document) -> StoreResult<RawDocumentBuf> {
        let statement = doc! { "q": { "_id": id }, "u": change };
        serialize_to_raw_document_buf(&statement).map_err(|error| corrupt(error.to_string()))
    }

    /// The statement that deletes the document `id`.
    pub(super) fn delete(id: Bson) -> StoreResult<RawDocumentBuf> {
        let statement = doc! { "q": { "_id": id }, "limit": 1 };
        serialize_to_raw_document_buf(&statement).map_err(|error| corrupt(error.to_string()))
    }
}
