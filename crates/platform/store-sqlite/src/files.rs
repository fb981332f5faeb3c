//! Opening a file with the pragmas that durability needs, and migrating its schema.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{Error, M, MigrationDefinitionError, Migrations};

use store::{StoreError, StoreResult};

use super::identity;

/// One step of a schema, as SQL. Steps are append-only.
pub type Migration = &'static str;

/// How long a probe waits for another writer.
const PATIENCE: Duration = Duration::from_secs(1);

const MESSAGING: Migration = include_str!("../migrations/sqlite_0001_messaging.sql");

/// Opens `path` for writing in WAL mode; a commit returns only once the log is on disk. A new file is marked as the store of its name.
pub(super) fn open_writable(path: &Path) -> StoreResult<Connection> {
    let connection = open(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    identity::claim(&connection, path)?;
    durable(connection)
}

/// The same for a file that must already exist.
pub(super) fn open_existing(path: &Path) -> StoreResult<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    identity::verify(&connection, path)?;
    durable(connection)
}

/// What savepoints keep for undoing stays in memory: SQLite would write it to a temporary file.
fn durable(connection: Connection) -> StoreResult<Connection> {
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 4000;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;",
        )
        .map_err(StoreError::from)?;
    Ok(connection)
}

/// Opens `path` for reading only, even while another process writes it. Of several connections, the last one to close folds the log into
/// the file, this one included.
///
/// # Errors
/// [`StoreError::Unavailable`] if it does not exist or cannot be opened, [`StoreError::Corrupt`] if it is not the store of its name.
pub fn open_read_only(path: &Path) -> StoreResult<Connection> {
    // Not SQLITE_OPEN_READ_ONLY: a reader of a WAL file must be able to recover it after a crash.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    identity::verify(&connection, path)?;
    reading(connection)
}

/// Opens `path`, which no process serves, for reading only. The file and its log stay exactly as they are, after a crash too, and the
/// medium may be read-only. If a process starts to serve the file meanwhile, the reads stay right.
///
/// # Errors
/// As [`open_read_only`].
pub fn open_at_rest(path: &Path) -> StoreResult<Connection> {
    let log = std::fs::metadata(log_of(path)).map(|log| log.len());
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Without a log there is nothing to fold, and closing removes the empty one that reading makes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log.is_ok())?;
    // SQLite wants to create files beside the store. Where it cannot, no process can write the store either.
    let connection = match identity::of(&connection) {
        Err(error) if cannot_write(&error) => {
            open_unwritable(path, log.is_ok_and(|bytes| bytes > 0))?
        }
        Ok(_) | Err(_) => connection,
    };
    identity::verify(&connection, path)?;
    reading(connection)
}

fn cannot_write(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

/// Opens `path` where no file can be written: without locks, and with the index of its log in memory.
fn open_unwritable(path: &Path, has_log: bool) -> StoreResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if has_log {
        let connection = Connection::open_with_flags_and_vfs(path, flags, c"unix-none")?;
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
        return Ok(connection);
    }
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let escaped: String = bytes
        .map(|byte| match char::from(*byte) {
            plain if plain.is_ascii_alphanumeric() || "/-_.~".contains(plain) => plain.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    Ok(Connection::open_with_flags(
        format!("file:{escaped}?immutable=1"),
        flags | OpenFlags::SQLITE_OPEN_URI,
    )?)
}

fn reading(connection: Connection) -> StoreResult<Connection> {
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")
        .map_err(StoreError::from)?;
    Ok(connection)
}

/// The log that belongs to the file at `path`.
#[must_use]
pub fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Writes to the existing file at `path` about as much as a large request does, and takes it away again.
pub(super) fn probe(path: &Path) -> StoreResult<()> {
    let connection = open_existing(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(
        "INSERT OR REPLACE INTO probe (id, filler) VALUES (1, zeroblob(65536));
         DELETE FROM probe;",
    )?;
    Ok(())
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
            // A full disk, for example, says nothing about the schema.
            if let Error::RusqliteError { err, .. } = error {
                return StoreError::from(err);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_is_compiled_as_the_settings_of_cargo_say() {
        let memory = Connection::open_in_memory().unwrap();
        let mut statement = memory.prepare("PRAGMA compile_options").unwrap();
        let options = statement.query_map([], |row| row.get::<_, String>(0));
        let options: Vec<String> = options.unwrap().map(Result::unwrap).collect();
        let has = |wanted: &str| options.iter().any(|option| option == wanted);
        assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
        assert!(!has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
    }
}
