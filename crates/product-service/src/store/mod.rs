//! The queries that keys cannot answer. Each engine has a module beside this file with its queries; `rows.rs` maps the records for
//! both. Both engines pass `contract.rs`, which also runs the use cases.

#[cfg(test)]
pub(crate) mod contract;
#[cfg(feature = "mongo")]
pub(crate) mod mongo;
mod rows;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::collections::HashSet;

use async_trait::async_trait;
use contracts::sellers::SellerStatus;
use kernel::{BlobName, OrderId, Page, ProductId, Timestamp, UserId};
use serde::Deserialize;
use store::StoreResult;

use crate::domain::{
    CategoryNode, HistoryQuery, ListQuery, OwnQuery, Product, ProductImages, Rank, SearchText,
    StockChange, TakenDownQuery,
};

/// The lease of a held reservation. Sweeps process leases in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Lease {
    /// When it ends.
    #[serde(rename = "lease_until")]
    pub until: Timestamp,
    /// The order.
    #[serde(rename = "_id")]
    pub order: OrderId,
}

/// Answers lists and sweeps.
#[async_trait]
pub(crate) trait Queries: Send + Sync {
    /// A page of active products. Every page of a list costs the same; only a search reads everything that it matches.
    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>>;

    /// A page of all products of a seller, the newest first. A filter is checked product by product.
    async fn own(&self, query: OwnQuery) -> StoreResult<Page<Product>>;

    /// A page of the products that operators took down, the newest first.
    async fn taken_down(&self, query: TakenDownQuery) -> StoreResult<Page<Product>>;

    /// A page of the changes of a product's stock that its seller made, the latest first.
    async fn stock_history(&self, query: HistoryQuery) -> StoreResult<Page<StockChange>>;

    /// Whether `buyer` has bought `product`, any of its variants. What they brought back counts.
    async fn has_bought(&self, buyer: UserId, product: ProductId) -> StoreResult<bool>;

    /// The sellers who are not active, with their status.
    async fn not_active_sellers(&self) -> StoreResult<Vec<(UserId, SellerStatus)>>;

    /// How many active products `seller` has.
    async fn count_of_seller(&self, seller: UserId) -> StoreResult<i64>;

    /// The active products that have all words of `text`, with their ranks: all of them, as far as facets are counted or a list is made
    /// in memory.
    async fn matches(&self, text: SearchText) -> StoreResult<Vec<(ProductId, Rank)>>;

    /// Watches for products that are saved from now on, if other processes may save any. None if this one alone does.
    async fn changes(&self) -> StoreResult<Option<Box<dyn Changes>>>;

    /// All categories: at least those of the version of the tree that was committed before the call.
    async fn categories(&self) -> StoreResult<Vec<CategoryNode>>;

    /// At most `limit` leases that ended at `now` or before, the oldest first, from the one after `after` on.
    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>>;

    /// The images of those of `products` that have any, in one read.
    async fn images_of(&self, products: Vec<ProductId>) -> StoreResult<Vec<ProductImages>>;

    /// Those of `names` that an image has.
    async fn named_blobs(&self, names: Vec<BlobName>) -> StoreResult<HashSet<BlobName>>;
}

/// What other processes save.
#[async_trait]
pub(crate) trait Changes: Send {
    /// The products that were saved since the last call, or since this began. One that was saved twice may be there twice.
    ///
    /// # Errors
    /// That some may have been missed.
    async fn next(&mut self) -> StoreResult<Vec<ProductId>>;
}

/// The index that a list without a search walks: that of the most selective filter, in the requested order.
fn index(query: &ListQuery) -> &'static str {
    let by_price = query.sort.is_by_price();
    match (query.filter.seller(), query.category, by_price) {
        (Some(_), _, false) => "by_seller",
        (Some(_), _, true) => "by_seller_price",
        (None, Some(_), false) => "by_category",
        (None, Some(_), true) => "by_category_price",
        (None, None, false) => "newest",
        (None, None, true) => "by_price",
    }
}
