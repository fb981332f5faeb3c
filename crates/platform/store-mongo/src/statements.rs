//! The statements that bring a collection to what it is to be, and which work asked for each.

use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use mongodb::bson::{Bson, doc, serialize_to_raw_document_buf};
use store::{StoreError, StoreResult};

use super::codec::corrupt;

/// A work of a batch, or an item of [`Tx::each`](store::Tx::each) in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Its place among the works.
    pub(super) work: usize,
    /// The item's place in the work.
    pub(super) item: Option<usize>,
}

/// Who changed a record.
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

    /// Who the server's refusal of the statement is for: a duplicate is the fault of who inserted it, anything else of who changed the
    /// record last.
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
    /// The statement that deletes the document `id`.
    pub(super) fn delete(id: Bson) -> StoreResult<RawDocumentBuf> {
        let statement = doc! { "q": { "_id": id }, "limit": 1 };
        serialize_to_raw_document_buf(&statement).map_err(|error| corrupt(error.to_string()))
    }
}
