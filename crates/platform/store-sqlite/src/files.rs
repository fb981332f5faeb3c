//! Opening a file with the pragmas that durability needs, and migrating its schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{Error, M, MigrationDefinitionError, Migrations};

use store::{StoreError, StoreResult};

/// One step of a schema, as SQL. Steps are append-only.
pub type Migration = &'static str;

const MESSAGING: Migration = include_str!("../migrations/sqlite_0001_messaging.sql");

/// Opens `path` for writing in WAL mode; a commit returns only once the log is on disk.
pub(super) fn open_writable(path: &Path) -> StoreResult<Connection> {
    durable(open(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?)
}

/// The same for a file that must already exist.
pub(super) fn open_existing(path: &Path) -> StoreResult<Connection> {
    durable(open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)
}

/// What savepoints keep for undoing stays in memory: SQLite would write it to a temporary file.
fn durable(connection: Connection) -> StoreResult<Connection> {
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 4000;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;",
        )
        .map_err(StoreError::from)?;
    Ok(connection)
}

/// Opens `path` for reading only, even while another process writes it.
///
/// # Errors
/// [`StoreError::Unavailable`] if it does not exist or cannot be opened.
pub fn open_read_only(path: &Path) -> StoreResult<Connection> {
    // Not SQLITE_OPEN_READ_ONLY: a reader of a WAL file must be able to recover it after a crash.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")
        .map_err(StoreError::from)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> StoreResult<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    connection
        .busy_timeout(Duration::from_secs(5))
        .map_err(StoreError::from)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

const DATABASE_TOO_NEW: Error =
    Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead);

/// Brings the schema up to date: the shared tables first, then the service's own steps.
pub(super) fn migrate(connection: &mut Connection, migrations: &[Migration]) -> StoreResult<()> {
    let steps = std::iter::once(MESSAGING)
        .chain(migrations.iter().copied())
        .map(M::up)
        .collect();
    Migrations::new(steps)
        .to_latest(connection)
        .map_err(|error| {
            StoreError::Corrupt(if error == DATABASE_TOO_NEW {
                format!(
                    "{} was written by a later version of this program; start that one",
                    connection.path().unwrap_or("the file")
                )
            } else {
                format!("schema migration: {error}")
            })
        })
}
