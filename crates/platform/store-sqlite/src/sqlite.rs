//! The database: opened once, read and written by use cases and by this engine itself.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Transaction};

use store::{DeadLetter, Handled, Idempotent, Import, StoreResult, Waiting, WriteHealth};
use telemetry::metrics::{Read, StoreMetrics};
use telemetry::{Commit, Database};

use super::files::{self, Migration};
use super::pool::Readers;
use super::recent::Recent;
use super::records::Records;
use super::writer::{Turn, Writer};

/// A service's SQLite file, open. Cheap to clone; the threads end when the last clone is dropped.
#[derive(Clone)]
pub struct Sqlite {
    // Dropped in this order, so that the writer's connection closes last and checkpoints the log.
    readers: Arc<Readers>,
    pub(super) records: Arc<Records>,
    pub(super) recent: Arc<Recent>,
    writer: Arc<Writer>,
    pub(super) health: Arc<WriteHealth>,
    name: Arc<str>,
    pub(super) path: Arc<Path>,
}

impl Sqlite {
    /// Opens (or creates) the file at `path`, brings its schema up to date and starts the threads.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](store::StoreError::Unavailable) if the file cannot be opened,
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if its schema is newer than this program or a migration fails.
    pub fn open(
        path: &Path,
        migrations: &[Migration],
        records: Records,
        metrics: &StoreMetrics,
    ) -> StoreResult<Self> {
        let mut connection = files::open_writable(path)?;
        files::migrate(&mut connection, migrations)?;
        Self::start(connection, path, records, metrics)
    }

    /// Opens an existing file as it is, possibly while another process serves it: nothing is created or migrated.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](store::StoreError::Unavailable) if it does not exist or cannot be opened.
    pub fn open_existing(path: &Path, metrics: &StoreMetrics) -> StoreResult<Self> {
        let connection = files::open_existing(path)?;
        Self::start(connection, path, Records::default(), metrics)
    }

    fn start(
        connection: Connection,
        path: &Path,
        records: Records,
        metrics: &StoreMetrics,
    ) -> StoreResult<Self> {
        let name = name_of(path);
        let watch = metrics.of(&name);
        let health = Arc::<WriteHealth>::default();
        Ok(Self {
            readers: Arc::new(Readers::start(path, &watch)?),
            writer: Arc::new(Writer::start(connection, path, &watch, &health)?),
            health,
            records: Arc::new(
                records
                    .with::<Handled>()
                    .with::<Idempotent>()
                    .with::<Waiting>()
                    .with::<DeadLetter>()
                    .with::<Import>(),
            ),
            recent: Arc::default(),
            name,
            path: path.into(),
        })
    }

    /// Runs `work` in a write transaction and returns once it is durable. If `work` fails, its changes are undone and no other caller is
    /// affected. Writes that are queued at the same time share one transaction and one sync of the disk.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Unavailable`](store::StoreError::Unavailable) if the queue is full or the commit failed.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.write_as(Turn::Next, work, |_| ()).await
    }

    /// [`write`](Self::write) at its `turn`. Once it is durable `then` runs, even if the caller has gone away.
    pub(super) async fn write_as<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> StoreResult<T> {
        let commit = Commit::begin(Database {
            system: "sqlite",
            name: &self.name,
            operation: "COMMIT",
        });
        let carried = commit.clone();
        let work = move |tx: &Connection| carried.within(|| work(tx));
        let written = self.writer.run(turn, work, then).await;
        commit.end();
        written
    }

    /// Runs `work`, a read of this `kind`, on a read snapshot, for at most two seconds. If the caller has gone away by the time its turn
    /// comes, it does not run. A read of a whole file should use its own connection ([`open_read_only`](crate::open_read_only)).
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Unavailable`](store::StoreError::Unavailable) if the queue is full or the read took too long.
    pub async fn read<T: Send + 'static>(
        &self,
        kind: Read,
        work: impl FnOnce(&Transaction<'_>) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.readers.run(kind, work).await
    }
}

/// The name of a file's data, used in traces and for its writer's thread.
fn name_of(path: &Path) -> Arc<str> {
    path.file_stem()
        .map_or_else(|| "store".into(), |stem| stem.to_string_lossy().into())
}
