//! Records that are one row of one table, see [`store::Row`].

use std::fmt::Write as _;

use kernel::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::Serialize;
use store::{Apart, Expires, Record, Row, StoreResult, Value};

use super::codec::corrupt;
use super::columns;
use super::fields::{Column, columns, columns_but, key_values};
use super::record::{SqliteRecord, size};

impl<R: Row> SqliteRecord for R {
    fn load(db: &Connection, key: &Self::Key) -> StoreResult<Option<Self>> {
        let sql = format!("SELECT * FROM {}{}", tables::<R>(), whose(R::KEY, 1));
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
        let tables = tables::<R>();
        let sql = format!("SELECT * FROM {tables} WHERE {field} = ?1 LIMIT ?2");
        let limit = Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
        rows(db, &sql, [sql_value(value), limit])
    }

    fn scan(
        db: &Connection,
        visit: &mut dyn FnMut(Self, usize) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let order = R::SCANNED_BY.join(", ");
        let sql = format!("SELECT * FROM {} ORDER BY {order}", tables::<R>());
        scan_rows(db, &sql, read, visit)
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        for (table, mut columns) in split::<R>(columns(&self.fields())?) {
            if table != R::TABLE {
                let key = key_values(&R::id(&self.key()))?;
                columns.extend(R::KEY.iter().copied().zip(key));
            }
            insert_columns(db, table, columns)?;
        }
        Ok(())
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        let changed = changed(R::FIXED, &before.fields(), &self.fields())?;
        for (table, columns) in split::<R>(changed) {
            let key = key_values(&R::id(&self.key()))?;
            expect_one::<R>(update_columns(db, table, columns, R::KEY, key)?)?;
        }
        Ok(())
    }

    fn delete(&self, db: &Connection) -> StoreResult<()> {
        for table in R::APART.iter().map(|apart| apart.table).chain([R::TABLE]) {
            let sql = format!("DELETE FROM {table}{}", whose(R::KEY, 1));
            let key = key_values(&R::id(&self.key()))?;
            expect_one::<R>(db.prepare_cached(&sql)?.execute(params_from_iter(key))?)?;
        }
        Ok(())
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

/// Adds `row`, a struct of fields as in [`store::Row`], to `table`: for a record that is this row and some of other tables.
///
/// # Errors
/// As [`SqliteRecord::insert`].
pub fn insert_row(db: &Connection, table: &str, row: &impl Serialize) -> StoreResult<()> {
    insert_columns(db, table, columns(row)?)
}

/// Writes to `table` what differs between two states of a row whose primary key is `id`. The columns `fixed` never do, see
/// [`store::Row::FIXED`].
///
/// # Errors
/// A store error; [`StoreError::Corrupt`](store::StoreError::Corrupt) if there is no such row.
pub fn update_row(
    db: &Connection,
    table: &str,
    id: &impl Serialize,
    fixed: &'static [&'static str],
    (before, after): (&impl Serialize, &impl Serialize),
) -> StoreResult<()> {
    let changed = changed(fixed, before, after)?;
    if changed.is_empty() {
        return Ok(());
    }
    match update_columns(db, table, changed, &["id"], key_values(id)?)? {
        1 => Ok(()),
        rows => Err(corrupt(format!("a change in {table} found {rows} rows"))),
    }
}

/// Passes the records that `sql` finds to `visit`, with about the number of their bytes.
///
/// # Errors
/// As [`SqliteRecord::scan`].
pub fn scan_rows<R: Record>(
    db: &Connection,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> StoreResult<R>,
    visit: &mut dyn FnMut(R, usize) -> StoreResult<()>,
) -> StoreResult<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(read(row)?, size(row)?)?;
    }
    Ok(())
}

fn insert_columns(db: &Connection, table: &str, columns: Vec<Column>) -> StoreResult<()> {
    let (names, values): (Vec<&str>, Vec<Sql>) = columns.into_iter().unzip();
    let places = vec!["?"; values.len()].join(", ");
    let names = names.join(", ");
    let sql = format!("INSERT INTO {table} ({names}) VALUES ({places})");
    db.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

/// The columns that differ, as they are afterwards.
fn changed(
    fixed: &'static [&'static str],
    before: &impl Serialize,
    after: &impl Serialize,
) -> StoreResult<Vec<Column>> {
    debug_assert!(
        is_kept(fixed, &columns(before)?, &columns(after)?),
        "a field that never changes has changed: one of {fixed:?}"
    );
    let mut changed = columns_but(fixed, after)?;
    let mut before = columns_but(fixed, before)?.into_iter();
    changed.retain(|column| before.next().as_ref() != Some(column));
    Ok(changed)
}

/// Whether the columns `fixed` are the same.
fn is_kept(fixed: &[&str], before: &[Column], after: &[Column]) -> bool {
    fixed.iter().all(|name| {
        let of = |columns: &[Column]| columns.iter().find(|(of, _)| of == name).cloned();
        of(before) == of(after)
    })
}

/// Returns how many rows there were to change.
fn update_columns(
    db: &Connection,
    table: &str,
    columns: Vec<Column>,
    key: &[&str],
    values: Vec<Sql>,
) -> StoreResult<usize> {
    let mut sql = format!("UPDATE {table} SET ");
    for (place, (name, _)) in (1..).zip(&columns) {
        let comma = if place > 1 { ", " } else { "" };
        let written = write!(sql, "{comma}{name} = ?{place}");
        written.map_err(|error| corrupt(error.to_string()))?;
    }
    sql.push_str(&whose(key, columns.len() + 1));
    let columns = columns.into_iter().map(|(_, value)| value);
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.execute(params_from_iter(columns.chain(values)))?)
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

/// The tables of `R`, joined.
fn tables<R: Row>() -> String {
    match R::APART {
        Some(apart) => format!(
            "{} JOIN {} USING ({})",
            R::TABLE,
            apart.table,
            R::KEY.join(", ")
        ),
        None => R::TABLE.to_owned(),
    }
}

/// The columns of each table of `R`, if it has any of `columns`. Only the first has the key.
fn split<R: Row>(columns: Vec<Column>) -> impl Iterator<Item = (&'static str, Vec<Column>)> {
    let Apart { table, fields } = R::APART.unwrap_or(Apart {
        table: R::TABLE,
        fields: &[],
    });
    let (apart, rest) = columns
        .into_iter()
        .partition::<Vec<Column>, _>(|(name, _)| fields.contains(name));
    [(R::TABLE, rest), (table, apart)]
        .into_iter()
        .filter(|(_, columns)| !columns.is_empty())
}

/// The condition on the primary key, with its values bound from index `first` on.
fn whose(key: &[&str], first: usize) -> String {
    let conditions: Vec<String> = key
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

#[cfg(test)]
mod tests;
