//! Lists: each combination of filters and order is one query with keyset paging, so the last page costs the same as the first.

mod conditions;
mod search;
mod walk;

use kernel::Page;
use store::StoreResult;
use store_mongo::Mongo;

pub(super) use self::search::matches;
#[cfg(test)]
pub(super) use self::search::stages as search_stages;
#[cfg(test)]
pub(super) use self::walk::Walk;
use crate::domain::{ListQuery, Product};

pub(super) async fn page(store: &Mongo, query: &ListQuery) -> StoreResult<Page<Product>> {
    let found = match &query.filter.text {
        None => walk::Walk::of(query).run(store, query).await?,
        Some(text) => search::run(store, query, text).await?,
    };
    Ok(query.page(found))
}
