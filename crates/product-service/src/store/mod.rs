//! The queries that keys cannot answer. Each engine has a module beside this file with its queries; `rows.rs` maps the records for
//! both. Both engines pass `contract.rs`, which also runs the use cases.

#[cfg(test)]
pub(crate) mod contract;
#[cfg(feature = "mongo")]
pub(crate) mod mongo;
mod rows;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use async_trait::async_trait;
use kernel::{OrderId, Page, Timestamp};
use serde::Deserialize;
use store::StoreResult;

use crate::domain::{ListQuery, Product};

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

    /// At most `limit` leases that ended at `now` or before, the oldest first, from the one after `after` on.
    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>>;
}

/// The index that a list without a search walks: that of the most selective filter, in the requested order.
fn index(query: &ListQuery) -> &'static str {
    let by_price = query.sort.is_by_price();
    match (query.filter.seller, &query.filter.category, by_price) {
        (Some(_), _, false) => "by_seller",
        (Some(_), _, true) => "by_seller_price",
        (None, Some(_), false) => "by_category",
        (None, Some(_), true) => "by_category_price",
        (None, None, false) => "newest",
        (None, None, true) => "by_price",
    }
}
