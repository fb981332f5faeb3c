//! The store in one MongoDB database.

mod bought;
mod changes;
mod images;
mod leases;
mod list;
mod own;
mod sellers;
mod taken_down;

use std::collections::HashSet;

use async_trait::async_trait;
use contracts::sellers::SellerStatus;
use kernel::{BlobName, Page, ProductId, Timestamp, UserId};
use store::{Row as _, StoreResult};
use store_mongo::bson::doc;
use store_mongo::{Collection, Mongo, Records};

use super::rows::rows;
use super::{Changes, Lease, Queries};
use crate::domain::{
    CategoryNode, HistoryQuery, ListQuery, OwnQuery, Product, ProductImages, Rank, SearchText,
    StockChange, TakenDownQuery,
};

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

    async fn own(&self, query: OwnQuery) -> StoreResult<Page<Product>> {
        own::page(self, &query).await
    }

    async fn taken_down(&self, query: TakenDownQuery) -> StoreResult<Page<Product>> {
        taken_down::page(self, &query).await
    }

    async fn stock_history(&self, query: HistoryQuery) -> StoreResult<Page<StockChange>> {
        own::history(self, &query).await
    }

    async fn has_bought(&self, buyer: UserId, product: ProductId) -> StoreResult<bool> {
        bought::has(self, buyer, product).await
    }

    async fn not_active_sellers(&self) -> StoreResult<Vec<(UserId, SellerStatus)>> {
        sellers::not_active(self).await
    }

    async fn count_of_seller(&self, seller: UserId) -> StoreResult<i64> {
        sellers::count_of(self, seller).await
    }

    async fn matches(&self, text: SearchText) -> StoreResult<Vec<(ProductId, Rank)>> {
        list::matches(self, &text).await
    }

    async fn changes(&self) -> StoreResult<Option<Box<dyn Changes>>> {
        Ok(Some(Box::new(changes::Watch::begin(self).await?)))
    }

    async fn categories(&self) -> StoreResult<Vec<CategoryNode>> {
        let most = 0; // No limit.
        self.find(CategoryNode::TABLE, doc! {}, doc! { "_id": 1 }, most)
            .await
    }

    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>> {
        leases::due(self, now, after, limit).await
    }

    async fn images_of(&self, products: Vec<ProductId>) -> StoreResult<Vec<ProductImages>> {
        images::of(self, &products).await
    }

    async fn named_blobs(&self, names: Vec<BlobName>) -> StoreResult<HashSet<BlobName>> {
        images::named(self, &names).await
    }
}

#[cfg(test)]
mod tests;
