//! Records that are one row of one table, see [`store::Row`].

use std::fmt::Write as _;

use kernel::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use store::{Expires, Record, Row, StoreResult, Value};

use super::codec::corrupt;
use super::columns;
use super::fields::{columns, key_values};
use super::record::SqliteRecord;

impl<R: Row> SqliteRecord for R {
    fn load(db: &Connection, key: &Self::Key) -> StoreResult<Option<Self>> {
        let sql = format!("SELECT * FROM {}{}", R::TABLE, whose::<R>(1));
        db.prepare_cached(&sql)?
            .query_row(params_from_iter(key_values(&R::id(key))?), |row| {
                Ok(read(row))
            })
            .optional()?
            .transpose()
    }

    fn find_by(
        db: &Connection,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<Self>> {
        if !R::LOOKUPS.contains(&field) {
            return Err(corrupt(format!("{} has no index on {field}", R::NAME)));
        }
        let sql = format!("SELECT * FROM {} WHERE {field} = ?1 LIMIT ?2", R::TABLE);
        let limit = Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
        rows(db, &sql, [sql_value(value), limit])
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        let (names, values): (Vec<&str>, Vec<Sql>) = columns(&self.fields())?.into_iter().unzip();
        let places = vec!["?"; values.len()].join(", ");
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({places})",
            R::TABLE,
            names.join(", ")
        );
        db.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(())
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        let mut sql = format!("UPDATE {} SET ", R::TABLE);
        let mut changed = Vec::new();
        let before = columns(&before.fields())?;
        for (before, (name, after)) in before.into_iter().zip(columns(&self.fields())?) {
            if before.1 != after {
                changed.push(after);
                let comma = if changed.len() > 1 { ", " } else { "" };
                let written = write!(sql, "{comma}{name} = ?{}", changed.len());
                written.map_err(|error| corrupt(error.to_string()))?;
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        sql.push_str(&whose::<R>(changed.len() + 1));
        changed.extend(key_values(&R::id(&self.key()))?);
        expect_one::<R>(
            db.prepare_cached(&sql)?
                .execute(params_from_iter(changed))?,
        )
    }

    fn delete(&self, db: &Connection) -> StoreResult<()> {
        let sql = format!("DELETE FROM {}{}", R::TABLE, whose::<R>(1));
        let key = key_values(&R::id(&self.key()))?;
        expect_one::<R>(db.prepare_cached(&sql)?.execute(params_from_iter(key))?)
    }

    fn forget(db: &Connection, now: Timestamp, limit: usize) -> StoreResult<usize> {
        let Some(Expires { field, after }) = R::EXPIRES else {
            return Ok(0);
        };
        let (table, key) = (R::TABLE, R::KEY.join(", "));
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {field} <= ?1 ORDER BY {field} LIMIT ?2)"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(db
            .prepare_cached(&sql)?
            .execute((now.minus(after).as_millis(), limit))?)
    }
}

/// Reads a row of `SELECT * FROM` the record's table.
///
/// # Errors
/// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it does not decode.
pub fn read<R: Row>(row: &rusqlite::Row<'_>) -> StoreResult<R> {
    R::from_fields(columns::fields(R::TABLE, R::KEY, row)?)
}

/// The records that `sql`, a `SELECT * FROM` their table, finds.
///
/// # Errors
/// A store error, or as in [`read`].
pub fn rows<R: Row>(
    db: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> StoreResult<Vec<R>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The condition on the primary key, with its values bound from index `first` on.
fn whose<R: Row>(first: usize) -> String {
    let conditions: Vec<String> = R::KEY
        .iter()
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
