//! The store in one SQLite file.

mod leases;
mod list;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kernel::{Page, Timestamp};
use store::{StoreError, StoreResult};
use store_sqlite::{Migration, Records, Sqlite, open_read_only};
use telemetry::metrics::{Read, StoreMetrics};

use super::{Lease, Queries};
use crate::audit::{StockAudit, sqlite::audit};
use crate::domain::{ListQuery, Product, Reservation};
use crate::records::{SearchWords, StockEntry};

const MIGRATIONS: &[Migration] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// Answers the queries.
#[derive(Clone)]
pub(crate) struct SqliteQueries {
    db: Sqlite,
    path: PathBuf,
}

/// Opens the file at `path`, or creates it.
pub(crate) fn open(path: &Path, metrics: &StoreMetrics) -> StoreResult<(Sqlite, SqliteQueries)> {
    let records = Records::default()
        .with::<Product>()
        .with::<SearchWords>()
        .with::<StockEntry>()
        .with::<Reservation>();
    let db = Sqlite::open(path, MIGRATIONS, records, metrics)?;
    let queries = SqliteQueries {
        db: db.clone(),
        path: path.to_owned(),
    };
    Ok((db, queries))
}

#[async_trait]
impl Queries for SqliteQueries {
    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        self.db
            .read(Read::List, move |tx| list::page(tx, &query))
            .await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        self.db
            .read(Read::Sweep, move |tx| leases::due(tx, now, after, limit))
            .await
    }

    async fn audit(&self) -> StoreResult<StockAudit> {
        let path = self.path.clone();
        // A connection of its own, without the time limit of those that answer requests.
        let run = tokio::task::spawn_blocking(move || {
            let connection = open_read_only(&path)?;
            audit(&*connection.unchecked_transaction()?)
        });
        run.await.unwrap_or_else(|error| {
            Err(StoreError::Unavailable(format!(
                "the audit was given up: {error}"
            )))
        })
    }
}

#[cfg(test)]
mod tests;
