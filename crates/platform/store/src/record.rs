//! What a store keeps: records, each loaded and saved by use cases as a whole.

use std::any::{Any, TypeId};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::{StoreError, StoreResult};

/// A plain type that is loaded and saved. The engines decide how it maps to tables or documents.
pub trait Record: Send + Sync + 'static {
    /// Names the kind of record in errors.
    const NAME: &'static str;
    /// What identifies one record.
    type Key: Clone + Eq + Hash + Debug + Send + Sync + 'static;

    /// The record's key. It never changes.
    fn key(&self) -> Self::Key;

    /// The record's value of an indexed field, see [`Tx::find_by`](crate::Tx::find_by). None if it has no such value.
    fn lookup(&self, _field: &'static str) -> Option<Value> {
        None
    }
}

/// A value for looking up records.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// An id.
    Id(Uuid),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A kind of record, for an engine that does not know its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The Rust type.
    pub id: TypeId,
    /// For errors.
    pub name: &'static str,
}

impl Kind {
    /// The kind of `R`.
    #[must_use]
    pub fn of<R: Record>() -> Self {
        Self {
            id: TypeId::of::<R>(),
            name: R::NAME,
        }
    }
}

/// A record of some kind.
pub type AnyRecord = Arc<dyn Any + Send + Sync>;

/// The key of a record of some kind.
pub type AnyKey = dyn Any + Send + Sync;

/// The record with its type.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is of another kind.
pub fn record_of<R: Record>(record: AnyRecord) -> StoreResult<Arc<R>> {
    record.downcast().map_err(|_| of_another_kind::<R>())
}

/// The key with its type.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is of another kind.
pub fn key_of<R: Record>(key: &AnyKey) -> StoreResult<&R::Key> {
    key.downcast_ref().ok_or_else(of_another_kind::<R>)
}

fn of_another_kind<R: Record>() -> StoreError {
    StoreError::Corrupt(format!("expected a {}", R::NAME))
}
