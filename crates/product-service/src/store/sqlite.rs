//! The store in one SQLite file. The SQL is in the files below, one subject each; here is only which transaction it runs in.

mod audit;
mod list;
mod products;
mod reservations;
mod rows;

use std::path::Path;

use async_trait::async_trait;
use chassis::metrics::StoreMetrics;
use chassis::sqlite::{Migration, Sqlite, SqliteOutbox, forget_old_messages};
use chassis::store::StoreResult;
use kernel::{Page, ProductId, Timestamp};

pub use audit::audit;

use super::{Change, ChangeError, Command, ProductStore, ReserveError, StockAudit};
use crate::domain::{ListQuery, Product, ProductEdit, Reservation, ReserveRequest};

const MIGRATIONS: &[Migration] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// The adapter.
#[derive(Clone)]
pub(crate) struct SqliteProducts {
    db: Sqlite,
    outbox: SqliteOutbox,
}

impl SqliteProducts {
    /// Opens the file at `path`, which is made if it is not there.
    pub(crate) fn open(path: &Path, metrics: &StoreMetrics) -> StoreResult<Self> {
        let db = Sqlite::open(path, MIGRATIONS, metrics)?;
        let outbox = SqliteOutbox::new(db.clone());
        Ok(Self { db, outbox })
    }

    /// The messages that wait to be sent.
    pub(crate) fn outbox(&self) -> SqliteOutbox {
        self.outbox.clone()
    }
}

#[async_trait]
impl ProductStore for SqliteProducts {
    async fn create(&self, product: Product) -> StoreResult<()> {
        self.db
            .write(move |tx| products::insert(tx, &product))
            .await
    }

    async fn update(
        &self,
        change: Change<ProductEdit>,
        now: Timestamp,
    ) -> Result<Product, ChangeError> {
        self.db
            .write(move |tx| products::update(tx, change, now))
            .await
    }

    async fn remove(&self, change: Change<()>, now: Timestamp) -> Result<(), ChangeError> {
        self.db
            .write(move |tx| products::remove(tx, &change, now))
            .await
    }

    async fn product(&self, id: ProductId) -> StoreResult<Option<Product>> {
        self.db
            .read(move |tx| Ok(products::find(tx, id)?.map(|(_, product)| product)))
            .await
    }

    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        self.db.read(move |tx| list::page(tx, &query)).await
    }

    async fn reserve(
        &self,
        request: ReserveRequest,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Reservation, ReserveError> {
        self.db
            .write(move |tx| reservations::reserve(tx, &request, lease_until, now))
            .await
    }

    async fn confirm(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()> {
        let replies = self
            .db
            .write(move |tx| reservations::confirm(tx, &commands, now))
            .await?;
        if replies > 0 {
            self.outbox.wake();
        }
        Ok(())
    }

    async fn release(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()> {
        self.db
            .write(move |tx| reservations::release(tx, &commands, now))
            .await
    }

    async fn expire(&self, now: Timestamp, limit: i64) -> StoreResult<usize> {
        self.db
            .write(move |tx| reservations::expire(tx, now, limit))
            .await
    }

    async fn forget_messages(&self, before: Timestamp, limit: i64) -> StoreResult<usize> {
        self.db
            .write(move |tx| forget_old_messages(tx, before, limit))
            .await
    }

    async fn audit(&self) -> StoreResult<StockAudit> {
        self.db.read(|tx| audit(tx)).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.db
            .read(|tx| Ok(tx.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))?))
            .await
    }
}

#[cfg(test)]
mod tests;
