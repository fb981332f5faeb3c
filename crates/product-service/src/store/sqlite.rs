//! The store in one SQLite file. The SQL is in the files below, one subject each; here is only which transaction it runs in.

mod audit;
mod list;
mod products;
mod reservations;
mod rows;
mod states;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kernel::{OrderId, Page, ProductId, Timestamp};
use store::{StoreError, StoreResult};
use store_sqlite::{Migration, Sqlite, SqliteOutbox, forget_old_messages, open_read_only};
use telemetry::metrics::{Read, StoreMetrics};

pub use audit::audit;
pub use states::{reservation_state, reservation_states};

use super::{Change, ChangeError, Command, Lease, ProductStore, ReserveError, StockAudit};
use crate::domain::{ListQuery, Product, ProductEdit, Reservation, ReserveRequest};

const MIGRATIONS: &[Migration] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// The adapter.
#[derive(Clone)]
pub(crate) struct SqliteProducts {
    db: Sqlite,
    path: PathBuf,
    outbox: SqliteOutbox,
}

impl SqliteProducts {
    /// Opens the file at `path`, which is made if it is not there.
    pub(crate) fn open(path: &Path, metrics: &StoreMetrics) -> StoreResult<Self> {
        let db = Sqlite::open(path, MIGRATIONS, metrics)?;
        let outbox = SqliteOutbox::new(db.clone());
        Ok(Self {
            db,
            path: path.to_owned(),
            outbox,
        })
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
            .read(Read::Get, move |tx| {
                Ok(products::find(tx, id)?.map(|(_, product)| product))
            })
            .await
    }

    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        self.db
            .read(Read::List, move |tx| list::page(tx, &query))
            .await
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
        self.db
            .write(move |tx| reservations::confirm(tx, &commands, now))
            .await?;
        self.outbox.wake();
        Ok(())
    }

    async fn release(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()> {
        self.db
            .write(move |tx| reservations::release(tx, &commands, now))
            .await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        self.db
            .read(Read::Sweep, move |tx| {
                reservations::leases_due(tx, now, after, limit)
            })
            .await
    }

    async fn expire(&self, orders: Vec<OrderId>, now: Timestamp) -> StoreResult<usize> {
        self.db
            .write(move |tx| reservations::expire(tx, &orders, now))
            .await
    }

    async fn forget_messages(&self, before: Timestamp, limit: i64) -> StoreResult<usize> {
        self.db
            .write(move |tx| forget_old_messages(tx, before, limit))
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

    async fn ping(&self) -> StoreResult<()> {
        self.db
            .read(Read::Check, |tx| {
                Ok(tx.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))?)
            })
            .await
    }
}

#[cfg(test)]
mod tests;
