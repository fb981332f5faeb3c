//! Long reads of whole tables for audits, in the order of the key and in little memory.

use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use store::StoreResult;

/// Rows in memory at a time.
const PAGE: usize = 1_000;

/// The `columns` of all rows of `table`, or only of row `only`, sorted by `id`, a primary key of bytes, which `columns` include. Each page
/// is a read of its own, so that a long walk does not keep the log from being folded: a row that changes meanwhile is read as it is when
/// the walk comes to it.
pub fn walk<'a, T, R: Fn(&Row<'_>) -> StoreResult<T>>(
    db: &'a Connection,
    columns: &str,
    table: &str,
    only: Option<&[u8]>,
    read: R,
) -> impl Iterator<Item = StoreResult<T>> + use<'a, T, R> {
    let mut walk = Walk {
        db,
        sql: format!(
            "SELECT {columns} FROM {table} WHERE id {} ?1 ORDER BY id LIMIT {PAGE}",
            if only.is_some() { "=" } else { ">" }
        ),
        // SQLite sorts a number before any bytes.
        id: only.map_or(Value::Integer(0), |id| Value::Blob(id.to_vec())),
        page: Vec::new().into_iter(),
        is_last: false,
    };
    std::iter::from_fn(move || {
        if walk.page.len() == 0
            && !walk.is_last
            && let Err(error) = walk.turn(&read)
        {
            walk.is_last = true;
            return Some(Err(error));
        }
        walk.page.next().map(Ok)
    })
}

struct Walk<'a, T> {
    db: &'a Connection,
    sql: String,
    /// Of the last row read.
    id: Value,
    page: std::vec::IntoIter<T>,
    is_last: bool,
}

impl<T> Walk<'_, T> {
    /// Reads the next page.
    fn turn(&mut self, read: impl Fn(&Row<'_>) -> StoreResult<T>) -> StoreResult<()> {
        let mut page = Vec::new();
        let mut statement = self.db.prepare_cached(&self.sql)?;
        let mut rows = statement.query([&self.id])?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            page.push(read(row)?);
            last = Some(row.get("id")?);
        }
        self.is_last = page.len() < PAGE;
        self.page = page.into_iter();
        if let Some(last) = last {
            self.id = last;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;

    const FULL: i64 = 1_000;

    fn table(rows: i64) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE things (id BLOB PRIMARY KEY, number INTEGER) STRICT, WITHOUT ROWID",
        )
        .unwrap();
        for number in (0..rows).rev() {
            let id = number.to_be_bytes();
            db.execute("INSERT INTO things VALUES (?1, ?2)", (id, number))
                .unwrap();
        }
        db
    }

    fn numbers(db: &Connection, only: Option<&[u8]>) -> StoreResult<Vec<i64>> {
        walk(db, "id, number", "things", only, |row| {
            row.get(1).map_err(StoreError::from)
        })
        .collect()
    }

    #[test]
    fn each_row_is_read_once_in_the_order_of_the_key_whatever_fills_the_pages() {
        assert_eq!(usize::try_from(FULL), Ok(PAGE));
        for rows in [0, 1, FULL - 1, FULL, FULL + 1, 2 * FULL, 2 * FULL + 7] {
            let all: Vec<i64> = (0..rows).collect();
            assert_eq!(numbers(&table(rows), None).unwrap(), all);
        }
    }

    #[test]
    fn one_row_is_read_by_its_key() {
        let db = table(2 * FULL);
        let id = FULL.to_be_bytes();
        assert_eq!(numbers(&db, Some(&id)).unwrap(), [FULL]);
        assert!(numbers(&db, Some(&[7])).unwrap().is_empty());
    }

    #[test]
    fn keys_of_other_lengths_are_not_passed_over() {
        let db = table(1);
        db.execute_batch("INSERT INTO things VALUES (x'', 1), (x'ff', 2)")
            .unwrap();
        assert_eq!(numbers(&db, None).unwrap(), [1, 0, 2]);
    }

    #[test]
    fn a_row_that_does_not_decode_is_told_once_and_ends_the_walk() {
        let db = table(FULL);
        db.execute("UPDATE things SET number = NULL WHERE number = 5", [])
            .unwrap();
        let mut walk = walk(&db, "id, number", "things", None, |row| {
            row.get::<_, i64>(1).map_err(StoreError::from)
        });
        assert!(walk.next().is_some_and(|row| row.is_err()));
        assert!(walk.next().is_none());
    }
}
