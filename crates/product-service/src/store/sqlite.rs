//! The store in one SQLite file.

mod leases;
mod list;

use std::path::Path;

use async_trait::async_trait;
use kernel::{Page, Timestamp};
use store::StoreResult;
use store_sqlite::{Migration, Records, Sqlite};
use telemetry::metrics::{Read, StoreMetrics};

use super::rows::rows;
use super::{Lease, Queries};
use crate::domain::{ListQuery, Product};

const MIGRATIONS: &[Migration] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// Opens the file at `path`, or creates it.
pub(crate) fn open(path: &Path, metrics: &StoreMetrics) -> StoreResult<Sqlite> {
    Sqlite::open(path, MIGRATIONS, rows(Records::default()), metrics)
}

#[async_trait]
impl Queries for Sqlite {
    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        self.read(Read::List, move |tx| list::page(tx, &query))
            .await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        self.read(Read::Sweep, move |tx| leases::due(tx, now, after, limit))
            .await
    }
}

#[cfg(test)]
mod tests;
