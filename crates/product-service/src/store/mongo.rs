//! The store in one MongoDB database.

mod list;
mod product;
mod reservation;
mod schema;
mod search_words;

use async_trait::async_trait;
use kernel::{Page, Timestamp};
use store::StoreResult;
use store_mongo::{Mongo, Records};

pub use schema::collections;
pub(crate) use schema::{PRODUCTS, RESERVATIONS, STOCK_ENTRIES};

use super::{Lease, Queries};
use crate::audit::{StockAudit, mongo::audit};
use crate::domain::{ListQuery, Product, Reservation};
use crate::records::{SearchWords, StockEntry};

/// Answers the queries.
pub(crate) struct MongoQueries(pub(crate) Mongo);

/// The layouts of the records.
pub(crate) fn records() -> Records {
    Records::default()
        .with::<Product>()
        .with::<SearchWords>()
        .with::<StockEntry>()
        .with::<Reservation>()
}

#[async_trait]
impl Queries for MongoQueries {
    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        list::page(&self.0, &query).await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        reservation::leases_due(&self.0, now, after, limit).await
    }

    async fn audit(&self) -> StoreResult<StockAudit> {
        audit(&self.0.database().await?).await
    }
}

#[cfg(test)]
mod tests;
