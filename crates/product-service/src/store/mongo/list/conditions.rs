//! The filters that walks and searches share.

use store_mongo::bson::{Bson, Document, doc};
use store_mongo::bson_of;

use crate::domain::Filter;

/// The filters on fields that products and their search words both have.
pub(super) fn conditions(filter: &Filter) -> Document {
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
pub(super) fn in_stock(field: &str) -> Document {
    doc! { field: { "$gt": Bson::Int64(0) } }
}
