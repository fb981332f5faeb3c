//! Lists: each combination of filters and order is one query with keyset paging, so the last page costs the same as the first. This
//! file has what walks and searches share.

mod search;
mod walk;

use kernel::Page;
use store::StoreResult;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::{Mongo, bson_of};

#[cfg(test)]
pub(super) use self::search::stages as search_stages;
#[cfg(test)]
pub(super) use self::walk::Walk;
use crate::domain::{Filter, ListQuery, Product};

pub(super) async fn page(store: &Mongo, query: &ListQuery) -> StoreResult<Page<Product>> {
    let found = match &query.filter.text {
        None => walk::Walk::of(query).run(store, query).await?,
        Some(text) => search::run(store, query, text.words()).await?,
    };
    Ok(query.page(found))
}

/// The filters on fields that products and their search words both have.
fn conditions(filter: &Filter) -> Document {
    let mut conditions = Document::new();
    if let Some(seller) = filter.seller {
        conditions.insert("seller", bson_of(&seller));
    }
    if let Some(category) = &filter.category {
        conditions.insert("category_key", category.key());
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

/// The filter on stock, for the path of the product's `available`.
fn in_stock(field: &str) -> Document {
    doc! { field: { "$gt": Bson::Int64(0) } }
}
