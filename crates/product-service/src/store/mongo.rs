//! The store in one MongoDB database. What is read and written is in the files below, one subject each; here is only which
//! transaction it runs in.

mod audit;
mod held;
mod leases;
mod list;
mod products;
mod reservations;
mod rows;
mod schema;
mod states;
mod words;

use async_trait::async_trait;
use kernel::{OrderId, Page, ProductId, Timestamp};
use store::StoreResult;
use store_mongo::{Mongo, id};

pub use audit::audit;
pub use schema::collections;
pub use states::{reservation_state, reservation_states};

use self::rows::ProductRow;
use super::{Change, ChangeError, Command, Lease, ProductStore, ReserveError, StockAudit};
use crate::domain::{ListQuery, Product, ProductEdit, Reservation, ReserveRequest};

/// The adapter.
#[derive(Clone)]
pub(crate) struct MongoProducts(pub(crate) Mongo);

#[async_trait]
impl ProductStore for MongoProducts {
    async fn create(&self, product: Product) -> StoreResult<()> {
        self.0
            .write(move |unit| products::insert(unit, &product))
            .await
    }

    async fn update(
        &self,
        change: Change<ProductEdit>,
        now: Timestamp,
    ) -> Result<Product, ChangeError> {
        self.0
            .write(move |unit| products::update(unit, &change, now))
            .await
    }

    async fn remove(&self, change: Change<()>, now: Timestamp) -> Result<(), ChangeError> {
        self.0
            .write(move |unit| products::remove(unit, &change, now))
            .await
    }

    async fn product(&self, product: ProductId) -> StoreResult<Option<Product>> {
        let found = self.0.get::<ProductRow>(&id(product)).await?;
        found.map(ProductRow::into_product).transpose()
    }

    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        list::page(&self.0, &query).await
    }

    async fn reserve(
        &self,
        request: ReserveRequest,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Reservation, ReserveError> {
        self.0
            .write(move |unit| reservations::reserve(unit, &request, lease_until, now))
            .await
    }

    async fn confirm(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()> {
        let late = self
            .0
            .write(move |unit| reservations::confirm(unit, &commands, now))
            .await?;
        for order in late {
            tracing::info!(%order, "confirmed too late: its stock has gone back");
        }
        Ok(())
    }

    async fn release(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()> {
        self.0
            .write(move |unit| reservations::release(unit, &commands, now))
            .await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        leases::leases_due(&self.0, now, after, limit).await
    }

    async fn expire(&self, orders: Vec<OrderId>, now: Timestamp) -> StoreResult<usize> {
        self.0
            .write(move |unit| reservations::expire(unit, &orders, now))
            .await
    }

    async fn forget_messages(&self, _before: Timestamp, _limit: i64) -> StoreResult<usize> {
        // The server does (see store_mongo::inbox), each as its time comes.
        Ok(0)
    }

    async fn audit(&self) -> StoreResult<StockAudit> {
        audit(&self.0.database().await?).await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.0.ping().await
    }
}

#[cfg(test)]
mod tests;
