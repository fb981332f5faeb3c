//! The store in one MongoDB database.

mod leases;
mod list;

use async_trait::async_trait;
use kernel::{Page, Timestamp};
use store::StoreResult;
use store_mongo::{Collection, Mongo, Records};

use super::rows::rows;
use super::{Lease, Queries};
use crate::domain::{ListQuery, Product};

/// The product service's collections, beside those that all services have.
///
/// # Errors
/// None in practice: their description is a file of this crate.
pub fn collections() -> StoreResult<Vec<Collection>> {
    Collection::parse(include_str!("../../migrations/mongo/0001_init.json"))
}

/// The layouts of the records.
pub(crate) fn records() -> Records {
    rows(Records::default())
}

#[async_trait]
impl Queries for Mongo {
    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>> {
        list::page(self, &query).await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        leases::due(self, now, after, limit).await
    }
}

#[cfg(test)]
mod tests;
