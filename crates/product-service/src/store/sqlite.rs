//! The store in one SQLite file.

mod bought;
mod images;
mod leases;
mod list;
mod own;
mod sellers;
mod taken_down;

use std::collections::HashSet;
use std::path::Path;

use async_trait::async_trait;
use contracts::sellers::SellerStatus;
use kernel::{BlobName, Page, ProductId, Timestamp, UserId};
use store::StoreResult;
use store_sqlite::{Migration, Records, Sqlite, rows as read_rows};
use telemetry::metrics::{Read, StoreMetrics};

use super::rows::rows;
use super::{Changes, Lease, Queries};
use crate::domain::{
    CategoryNode, HistoryQuery, ListQuery, OwnQuery, Product, ProductImages, Rank, SearchText,
    StockChange, TakenDownQuery,
};

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

    async fn own(&self, query: OwnQuery) -> StoreResult<Page<Product>> {
        self.read(Read::List, move |tx| own::page(tx, &query)).await
    }

    async fn taken_down(&self, query: TakenDownQuery) -> StoreResult<Page<Product>> {
        self.read(Read::List, move |tx| taken_down::page(tx, &query))
            .await
    }

    async fn stock_history(&self, query: HistoryQuery) -> StoreResult<Page<StockChange>> {
        self.read(Read::List, move |tx| own::history(tx, &query))
            .await
    }

    async fn has_bought(&self, buyer: UserId, product: ProductId) -> StoreResult<bool> {
        self.read(Read::Get, move |tx| bought::has(tx, buyer, product))
            .await
    }

    async fn not_active_sellers(&self) -> StoreResult<Vec<(UserId, SellerStatus)>> {
        self.read(Read::Sweep, |tx| sellers::not_active(tx)).await
    }

    async fn count_of_seller(&self, seller: UserId) -> StoreResult<i64> {
        self.read(Read::List, move |tx| sellers::count_of(tx, seller))
            .await
    }

    async fn matches(&self, text: SearchText) -> StoreResult<Vec<(ProductId, Rank)>> {
        self.read(Read::List, move |tx| list::matches(tx, &text))
            .await
    }

    /// One process has the file.
    async fn changes(&self) -> StoreResult<Option<Box<dyn Changes>>> {
        Ok(None)
    }

    async fn categories(&self) -> StoreResult<Vec<CategoryNode>> {
        self.read(Read::List, |tx| {
            read_rows(tx, "SELECT * FROM categories ORDER BY id", [])
        })
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

    async fn images_of(&self, products: Vec<ProductId>) -> StoreResult<Vec<ProductImages>> {
        self.read(Read::List, move |tx| images::of(tx, &products))
            .await
    }

    async fn named_blobs(&self, names: Vec<BlobName>) -> StoreResult<HashSet<BlobName>> {
        self.read(Read::Sweep, move |tx| images::named(tx, names))
            .await
    }
}

#[cfg(test)]
mod tests;
