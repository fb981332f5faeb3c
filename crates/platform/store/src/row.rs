//! Records that every engine keeps in the same way: as one row of a SQLite table, or one document of a MongoDB collection.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Record, StoreResult};

/// Maps a record to a flat struct of fields, once for all engines. Serde then makes a row or a document of it:
///
/// | field | SQLite column | MongoDB field |
/// | --- | --- | --- |
/// | `_id`, see [`Row::KEY`] | the columns of the primary key | `_id` |
/// | number, text, bool | the same | the same |
/// | id of the kernel, bytes (`serde_bytes`) | BLOB | binary |
/// | `Timestamp` | INTEGER, milliseconds | long, milliseconds |
/// | `None`, or skipped by `skip_serializing_if` | NULL | `None` should be skipped |
/// | list or struct | JSON text | array or document |
///
/// The table's constraints and the collection's validator are declared in the service's `migrations`.
pub trait Row: Record + Sized {
    /// The table, or collection.
    const TABLE: &'static str;
    /// The columns of the primary key. If there are several, [`Row::Id`] is a struct with these fields.
    const KEY: &'static [&'static str] = &["id"];
    /// The fields that [`Tx::find_by`](crate::Tx::find_by) may name. Each needs an index, except the first column of a primary key that has
    /// several: the key's own index serves it.
    const LOOKUPS: &'static [&'static str] = &[];
    /// Fields that keep their value for as long as the row exists. An update does not look at them: SQLite need not serialise them twice
    /// to compare.
    const FIXED: &'static [&'static str] = &[];
    /// When rows may be deleted, if they expire.
    const EXPIRES: Option<Expires> = None;
    /// The columns by which SQLite orders a scan. Together they are unique.
    const SCANNED_BY: &'static [&'static str] = Self::KEY;
    /// What SQLite keeps in a second table, because it changes far more often than the rest of a long row.
    const APART: Option<Apart> = None;

    /// The stored form of the key.
    type Id: Serialize;
    /// The stored form of the record. Its field `_id` is a [`Row::Id`].
    type Fields: DeserializeOwned;

    /// The stored form of `key`.
    fn id(key: &Self::Key) -> Self::Id;

    /// The stored form, or what serialises like it.
    fn fields(&self) -> impl Serialize;

    /// The record in `fields`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](crate::StoreError::Corrupt) if they make no valid record.
    fn from_fields(fields: Self::Fields) -> StoreResult<Self>;
}

/// A record that is stored just as serde writes it. Its key is the field that serde calls `_id`.
pub trait Plain: Record<Key: Serialize> + Serialize + DeserializeOwned {
    /// See [`Row::TABLE`].
    const TABLE: &'static str;
    /// See [`Row::KEY`].
    const KEY: &'static [&'static str] = &["id"];
    /// See [`Row::LOOKUPS`].
    const LOOKUPS: &'static [&'static str] = &[];
    /// See [`Row::FIXED`].
    const FIXED: &'static [&'static str] = &[];
    /// See [`Row::EXPIRES`].
    const EXPIRES: Option<Expires> = None;
}

impl<R: Plain> Row for R {
    const TABLE: &'static str = <R as Plain>::TABLE;
    const KEY: &'static [&'static str] = <R as Plain>::KEY;
    const LOOKUPS: &'static [&'static str] = <R as Plain>::LOOKUPS;
    const FIXED: &'static [&'static str] = <R as Plain>::FIXED;
    const EXPIRES: Option<Expires> = <R as Plain>::EXPIRES;

    type Id = R::Key;
    type Fields = Self;

    fn id(key: &R::Key) -> R::Key {
        key.clone()
    }

    fn fields(&self) -> impl Serialize {
        self
    }

    fn from_fields(fields: Self) -> StoreResult<Self> {
        Ok(fields)
    }
}

/// Fields in a second table with the same primary key.
#[derive(Debug, Clone, Copy)]
pub struct Apart {
    /// The second table.
    pub table: &'static str,
    /// Its columns besides the key.
    pub fields: &'static [&'static str],
}

/// When rows may be deleted: [`Store::forget`](crate::Store::forget) does it.
#[derive(Debug, Clone, Copy)]
pub struct Expires {
    /// The field that holds a time. It needs an index.
    pub field: &'static str,
    /// How long after that time.
    pub after: Duration,
}

impl Expires {
    /// Most rows of a table that are deleted at once: a bound keeps other writes from waiting long.
    pub const BATCH: usize = 2000;
}

/// The record kinds that an engine knows. A service lists its rows once, for all engines.
pub trait Register: Sized {
    /// Adds `R`.
    #[must_use]
    fn row<R: Row>(self) -> Self;
}
