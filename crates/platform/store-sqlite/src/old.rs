//! Records with a mapping for SQLite alone. To be replaced by [`store::Row`].

use std::fmt::Write as _;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use store::{Record, StoreResult, Value};

use super::codec::corrupt;
use super::row::sql_value;

/// A record that is one row of one table.
pub trait OldRow: Record + Sized {
    /// The table.
    const TABLE: &'static str;
    /// The columns; those of the primary key come first.
    const COLUMNS: &'static [&'static str];
    /// The columns that [`Tx::find_by`](store::Tx::find_by) may name. Each needs an index.
    const LOOKUPS: &'static [&'static str] = &[];

    /// A key's values, in the order of the columns.
    fn key_values(key: &Self::Key) -> Vec<Sql>;

    /// All values, in the order of the columns.
    fn values(&self) -> Vec<Sql>;

    /// Reads a row with these columns.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it does not decode.
    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self>;
}

pub fn load<R: OldRow>(db: &Connection, key: &R::Key) -> StoreResult<Option<R>> {
    let keys = R::key_values(key);
    let sql = format!("{}{}", select::<R>(), whose::<R>(keys.len(), 1));
    db.prepare_cached(&sql)?
        .query_row(params_from_iter(keys), |row| Ok(R::read(row)))
        .optional()?
        .transpose()
}

pub fn find_by<R: OldRow>(
    db: &Connection,
    field: &'static str,
    value: &Value,
    limit: usize,
) -> StoreResult<Vec<R>> {
    if !R::LOOKUPS.contains(&field) {
        return Err(corrupt(format!("{} has no index on {field}", R::NAME)));
    }
    let sql = format!("{} WHERE {field} = ?1 LIMIT ?2", select::<R>());
    let limit = Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([sql_value(value), limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(R::read(row)?);
    }
    Ok(found)
}

pub fn insert<R: OldRow>(this: &R, db: &Connection) -> StoreResult<()> {
    let values = this.values();
    let places: Vec<String> = (1..=values.len())
        .map(|place| format!("?{place}"))
        .collect();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        R::TABLE,
        R::COLUMNS.join(", "),
        places.join(", ")
    );
    db.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

pub fn update<R: OldRow>(this: &R, before: &R, db: &Connection) -> StoreResult<()> {
    let mut sql = format!("UPDATE {} SET ", R::TABLE);
    let mut changed = Vec::new();
    let columns = R::COLUMNS
        .iter()
        .zip(before.values().into_iter().zip(this.values()));
    for (column, (before, after)) in columns {
        if before != after {
            changed.push(after);
            let comma = if changed.len() > 1 { ", " } else { "" };
            let written = write!(sql, "{comma}{column} = ?{}", changed.len());
            written.map_err(|error| corrupt(error.to_string()))?;
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let keys = R::key_values(&this.key());
    sql.push_str(&whose::<R>(keys.len(), changed.len() + 1));
    changed.extend(keys);
    expect_one::<R>(
        db.prepare_cached(&sql)?
            .execute(params_from_iter(changed))?,
    )
}

pub fn delete<R: OldRow>(this: &R, db: &Connection) -> StoreResult<()> {
    let keys = R::key_values(&this.key());
    let sql = format!("DELETE FROM {}{}", R::TABLE, whose::<R>(keys.len(), 1));
    expect_one::<R>(db.prepare_cached(&sql)?.execute(params_from_iter(keys))?)
}
fn select<R: OldRow>() -> String {
    format!("SELECT {} FROM {}", R::COLUMNS.join(", "), R::TABLE)
}

/// The condition on the primary key, with its values bound from index `first` on.
fn whose<R: OldRow>(keys: usize, first: usize) -> String {
    let conditions: Vec<String> = R::COLUMNS
        .iter()
        .take(keys)
        .zip(first..)
        .map(|(column, place)| format!("{column} = ?{place}"))
        .collect();
    format!(" WHERE {}", conditions.join(" AND "))
}

/// The transaction has read the row, so it exists.
fn expect_one<R: Record>(changed: usize) -> StoreResult<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(corrupt(format!(
            "a change of {} found {changed} rows",
            R::NAME
        )))
    }
}

#[macro_export]
macro_rules! old_row {
    ($record:ty) => {
        impl $crate::SqliteRecord for $record {
            fn load(
                db: &rusqlite::Connection,
                key: &Self::Key,
            ) -> store::StoreResult<Option<Self>> {
                $crate::old::load(db, key)
            }
            fn find_by(
                db: &rusqlite::Connection,
                field: &'static str,
                value: &store::Value,
                limit: usize,
            ) -> store::StoreResult<Vec<Self>> {
                $crate::old::find_by(db, field, value, limit)
            }
            fn insert(&self, db: &rusqlite::Connection) -> store::StoreResult<()> {
                $crate::old::insert(self, db)
            }
            fn update(&self, before: &Self, db: &rusqlite::Connection) -> store::StoreResult<()> {
                $crate::old::update(self, before, db)
            }
            fn delete(&self, db: &rusqlite::Connection) -> store::StoreResult<()> {
                $crate::old::delete(self, db)
            }
        }
    };
}
