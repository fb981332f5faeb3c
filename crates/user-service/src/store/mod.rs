//! The databases of users and sessions, on each engine.

#[cfg(test)]
mod contract;

#[cfg(feature = "sqlite")]
use std::path::Path;

use store::StoreResult;
#[cfg(feature = "sqlite")]
use telemetry::metrics::StoreMetrics;

use crate::records::rows;

/// Opens the file at `path`.
#[cfg(feature = "sqlite")]
pub(crate) fn open_sqlite(
    path: &Path,
    metrics: &StoreMetrics,
) -> StoreResult<store_sqlite::Sqlite> {
    let migrations = [include_str!("../../migrations/sqlite/0001_init.sql")];
    store_sqlite::Sqlite::open(
        path,
        &migrations,
        rows(store_sqlite::Records::default()),
        metrics,
    )
}

/// Opens a database by `open`, which is given the service's collections and records.
#[cfg(feature = "mongo")]
pub(crate) fn open_mongo(
    open: impl FnOnce(
        Vec<store_mongo::Collection>,
        store_mongo::Records,
    ) -> StoreResult<store_mongo::Mongo>,
) -> StoreResult<store_mongo::Mongo> {
    let collections = include_str!("../../migrations/mongo/0001_init.json");
    open(
        store_mongo::Collection::parse(collections)?,
        rows(store_mongo::Records::default()),
    )
}
