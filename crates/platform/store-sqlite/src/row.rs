//! Records that are one row of one table: a list of columns is enough to load, add, change and delete them.

use std::fmt::Write as _;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use store::{Record, StoreResult, Value};

use super::codec::corrupt;
use super::record::SqliteRecord;

/// A record that is one row of one table.
pub trait Row: Record + Sized {
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

impl<R: Row> SqliteRecord for R {
    fn load(db: &Connection, key: &Self::Key) -> StoreResult<Option<Self>> {
        let keys = Self::key_values(key);
        let sql = format!("{}{}", select::<R>(), whose::<R>(keys.len(), 1));
        db.prepare_cached(&sql)?
            .query_row(params_from_iter(keys), |row| Ok(Self::read(row)))
            .optional()?
            .transpose()
    }

    fn find_by(
        db: &Connection,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<Self>> {
        if !Self::LOOKUPS.contains(&field) {
            return Err(corrupt(format!("{} has no index on {field}", Self::NAME)));
        }
        let sql = format!("{} WHERE {field} = ?1 LIMIT ?2", select::<R>());
        let limit = Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query([sql_value(value), limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Self::read(row)?);
        }
        Ok(found)
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        let values = self.values();
        let places: Vec<String> = (1..=values.len())
            .map(|place| format!("?{place}"))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            Self::TABLE,
            Self::COLUMNS.join(", "),
            places.join(", ")
        );
        db.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(())
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        let mut sql = format!("UPDATE {} SET ", Self::TABLE);
        let mut changed = Vec::new();
        let columns = Self::COLUMNS
            .iter()
            .zip(before.values().into_iter().zip(self.values()));
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
        let keys = Self::key_values(&self.key());
        sql.push_str(&whose::<R>(keys.len(), changed.len() + 1));
        changed.extend(keys);
        expect_one::<R>(
            db.prepare_cached(&sql)?
                .execute(params_from_iter(changed))?,
        )
    }

    fn delete(&self, db: &Connection) -> StoreResult<()> {
        let keys = Self::key_values(&self.key());
        let sql = format!("DELETE FROM {}{}", Self::TABLE, whose::<R>(keys.len(), 1));
        expect_one::<R>(db.prepare_cached(&sql)?.execute(params_from_iter(keys))?)
    }
}

fn select<R: Row>() -> String {
    format!("SELECT {} FROM {}", R::COLUMNS.join(", "), R::TABLE)
}

/// The condition on the primary key, with its values bound from index `first` on.
fn whose<R: Row>(keys: usize, first: usize) -> String {
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

/// The value of a lookup, as SQLite compares it.
#[must_use]
pub fn sql_value(value: &Value) -> Sql {
    match value {
        Value::Id(id) => Sql::Blob(id.as_bytes().to_vec()),
        Value::Number(number) => Sql::Integer(*number),
        Value::Text(text) => Sql::Text(text.clone()),
    }
}
