//! Lists: each combination of filters and order is one query with keyset paging, so the last page costs what the first does. Here is
//! what all of them have in common.

mod search;
mod walk;

use kernel::Page;
use store::StoreResult;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::{Mongo, id_bson};

#[cfg(test)]
pub(super) use self::search::Search;
#[cfg(test)]
pub(super) use self::walk::Walk;
use super::product::category_key;
use crate::domain::{Filter, ListQuery, Product};

pub(super) async fn page(store: &Mongo, query: &ListQuery) -> StoreResult<Page<Product>> {
    let found = match &query.filter.text {
        None => walk::Walk::of(query).run(store, query).await?,
        Some(text) => match search::Search::of(query, text.words()) {
            Some(search) => search.run(store, query).await?,
            None => Vec::new(),
        },
    };
    Ok(query.page(found))
}

/// The filters that both kinds of documents, products and their words, can be held to.
fn conditions(filter: &Filter) -> Document {
    let mut conditions = Document::new();
    if let Some(seller) = filter.seller {
        conditions.insert("seller", id_bson(seller));
    }
    if let Some(category) = &filter.category {
        conditions.insert("category_key", category_key(category));
    }
    let mut price = Document::new();
    if let Some(min) = filter.min_price {
        price.insert("$gte", min);
    }
    if let Some(max) = filter.max_price {
        price.insert("$lte", max);
    }
    if !price.is_empty() {
        conditions.insert("price", price);
    }
    conditions
}

/// What has something in stock, given where its document stands.
fn in_stock(field: &str) -> Document {
    doc! { field: { "$gt": Bson::Int64(0) } }
}
