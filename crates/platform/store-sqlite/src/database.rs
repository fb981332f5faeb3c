//! The transaction port on an open file.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::Timestamp;
use rusqlite::Connection;
use store::outbox::Outbox;
use store::{
    AnyKey, AnyRecord, Codec, Database, DeadLetter, DeadLetterPlace, Import, Job, Kind, Leases,
    PointInTime, Scan, StoreError, StoreResult, Value,
};
use telemetry::metrics::Read;

use super::dead_letters;
use super::files;
use super::outbox::SqliteOutbox;
use super::sqlite::Sqlite;
use super::writer::Turn;
use super::{scan, tx};

#[async_trait]
impl Database for Sqlite {
    async fn write(&self, mut job: Job) -> StoreResult<()> {
        let records = self.records.clone();
        let recent = self.recent.clone();
        let work = move |db: &Connection| tx::run(db, &records, &mut job);
        self.write_as(Turn::Next, work, move |sent| recent.add(sent))
            .await
            .map(drop)
    }

    async fn get(&self, kind: Kind, key: Box<AnyKey>) -> StoreResult<Option<AnyRecord>> {
        let records = self.records.clone();
        self.read(Read::Get, move |db| records.load(kind, db, &*key))
            .await
    }

    async fn find_by(
        &self,
        kind: Kind,
        field: &'static str,
        value: Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        let records = self.records.clone();
        self.read(Read::Get, move |db| {
            records.find_by(kind, db, field, &value, limit)
        })
        .await
    }

    async fn forget(&self, now: Timestamp) -> StoreResult<bool> {
        let records = self.records.clone();
        Sqlite::write(self, move |db| records.forget(db, now)).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.read(Read::Check, |db| {
            Ok(db.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))?)
        })
        .await
    }

    async fn check_writes(&self) -> StoreResult<()> {
        if !self.health.is_doubtful() {
            return Ok(());
        }
        // On a connection of its own, so that it fails alone.
        let path = self.path.clone();
        let probe = tokio::task::spawn_blocking(move || files::probe(&path));
        probe
            .await
            .map_err(|error| StoreError::Unavailable(format!("the probe: {error}")))??;
        self.health.proven();
        Ok(())
    }

    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>> {
        self.read(Read::List, move |db| dead_letters::after(db, after, most))
            .await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(SqliteOutbox::new(self.clone()))
    }

    /// A file has one process.
    fn leases(&self) -> Option<Arc<dyn Leases>> {
        None
    }

    /// What an import writes for itself is no record of the service.
    fn kinds(&self) -> Vec<Kind> {
        let import = Kind::of::<Import>();
        self.records
            .kinds()
            .filter(|kind| *kind != import)
            .collect()
    }

    fn scan(&self, kind: Kind, at: Option<PointInTime>) -> StoreResult<Scan> {
        match at {
            None => scan::start(self, kind),
            Some(_) => Err(no_moments()),
        }
    }

    async fn moment(&self) -> StoreResult<PointInTime> {
        Err(no_moments())
    }

    /// A record may lie in several tables.
    fn codec(&self) -> Option<Arc<dyn Codec>> {
        None
    }

    /// Nothing to do: a directory gets its name when all of its files are complete.
    fn for_import(&self) {}
}

/// Files have no common moment that their readers could name.
fn no_moments() -> StoreError {
    StoreError::Unavailable("a SQLite file cannot be read at a given moment".to_owned())
}
