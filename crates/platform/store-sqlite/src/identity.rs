//! Which store a file holds. The first four letters of its name are kept in it, as SQLite's application id, so that a file under another
//! store's name is refused instead of being taken for an empty store.

use std::ffi::OsStr;
use std::path::Path;

use rusqlite::Connection;

use store::{StoreError, StoreResult};

/// The application id of a store whose file has this name.
fn expected(path: &Path) -> i32 {
    let name = path
        .file_stem()
        .map(OsStr::as_encoded_bytes)
        .unwrap_or_default();
    let mut letters = [0; 4];
    for (letter, byte) in letters.iter_mut().zip(name) {
        *letter = *byte;
    }
    i32::from_be_bytes(letters)
}

/// The application id in the file.
pub(super) fn of(connection: &Connection) -> rusqlite::Result<i32> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0))
}

/// Checks that the file at `path` holds the store that its name says.
pub(super) fn verify(connection: &Connection, path: &Path) -> StoreResult<()> {
    let found = of(connection).map_err(|error| in_file(path, error))?;
    if found == expected(path) {
        return Ok(());
    }
    Err(StoreError::Corrupt(format!(
        "{} holds something else than the store of that name",
        path.display()
    )))
}

/// The same, but a new file becomes the store of its name. Must run before the file is in WAL mode, so that the file itself has the id from
/// its first page on.
pub(super) fn claim(connection: &Connection, path: &Path) -> StoreResult<()> {
    let is_new = || {
        let empty = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
        Ok(of(connection)? == 0 && connection.query_row(empty, [], |row| row.get(0))?)
    };
    if is_new().map_err(|error| in_file(path, error))? {
        connection.pragma_update(None, "application_id", expected(path))?;
    }
    verify(connection, path)
}

/// The error with the file's name.
fn in_file(path: &Path, error: rusqlite::Error) -> StoreError {
    let named = |text| format!("{}: {text}", path.display());
    match StoreError::from(error) {
        StoreError::Corrupt(text) => StoreError::Corrupt(named(text)),
        StoreError::Unavailable(text) => StoreError::Unavailable(named(text)),
        other @ (StoreError::Conflict(_) | StoreError::Duplicate(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::OpenFlags;

    use crate::{Records, Sqlite, open_read_only};
    use telemetry::metrics::StoreMetrics;

    fn open(path: &Path) -> StoreResult<Sqlite> {
        Sqlite::open(path, &[], Records::default(), &StoreMetrics::default())
    }

    #[test]
    fn a_file_under_the_name_of_another_store_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (orders, wallet) = (dir.path().join("orders.db"), dir.path().join("wallet.db"));
        drop(open(&orders).unwrap());
        assert!(open(&orders).is_ok());
        std::fs::copy(&orders, &wallet).unwrap();
        let before = std::fs::read(&wallet).unwrap();
        for refused in [open(&wallet).err(), open_read_only(&wallet).err()] {
            let Some(StoreError::Corrupt(reason)) = refused else {
                panic!("{refused:?}");
            };
            assert!(
                reason.contains("wallet.db holds something else"),
                "{reason}"
            );
        }
        assert_eq!(std::fs::read(&wallet).unwrap(), before);
    }

    #[test]
    fn what_is_no_database_and_what_another_program_made_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        std::fs::write(
            &path,
            "a letter to a friend, of more than a hundred bytes. ".repeat(9),
        )
        .unwrap();
        assert!(matches!(open(&path), Err(StoreError::Corrupt(_))));
        std::fs::remove_file(&path).unwrap();
        let other = Connection::open_with_flags(&path, OpenFlags::default()).unwrap();
        other.execute_batch("CREATE TABLE notes (x)").unwrap();
        drop(other);
        assert!(matches!(open(&path), Err(StoreError::Corrupt(_))));
    }
}
