//! The filters that walks and searches share.

use store_mongo::bson::{Bson, Document, doc};
use store_mongo::bson_of;

use crate::domain::ListQuery;

/// The filters on fields that products and their search words both have.
pub(super) fn conditions(query: &ListQuery) -> Document {
    let filter = &query.filter;
    let mut conditions = Document::new();
    if let Some(seller) = filter.seller() {
        conditions.insert("seller", bson_of(&seller));
    } else if !filter.closed.is_empty() {
        let closed: Vec<Bson> = filter.closed.ids().map(|seller| bson_of(&seller)).collect();
        conditions.insert("seller", doc! { "$nin": closed });
    }
    if let Some(category) = query.category {
        conditions.insert("category_id", bson_of(&category));
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

/// The filter on stock, of any variant, for the fields of the product at `path`. Only a product with further variants has a total.
pub(super) fn in_stock(path: &str) -> Document {
    let is_some = doc! { "$gt": Bson::Int64(0) };
    let field = |name: &str| format!("{path}{name}");
    doc! { "$or": [
        { field("available"): &is_some },
        { field("total"): &is_some },
    ] }
}
