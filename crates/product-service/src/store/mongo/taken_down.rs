//! What operators took down.

use kernel::Page;
use store::StoreResult;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord, bson_of};
use telemetry::metrics::Read;

use crate::domain::{Product, ProductStatus, TakenDownQuery};

/// The index of what was taken down.
pub(super) const INDEX: &str = "taken_down";

/// Walks the index of products that operators took down. All of them have the status removed.
pub(super) fn filter(query: &TakenDownQuery) -> Document {
    let mut filter = doc! {
        "status": ProductStatus::Removed.as_str(), "moderation": { "$exists": true },
    };
    if let Some(last) = query.after {
        filter.insert("_id", doc! { "$lt": bson_of(&last) });
    }
    filter
}

pub(super) async fn page(store: &Mongo, query: &TakenDownQuery) -> StoreResult<Page<Product>> {
    let options = FindOptions::builder()
        .hint(Hint::Name(INDEX.to_owned()))
        .sort(doc! { "_id": -1 })
        .limit(query.limit.and_one())
        .build();
    let (products, filter) = (Product::COLLECTION, filter(query));
    let found = store.find_with(Read::List, products, filter, options, Product::decode);
    Ok(query.page(found.await?))
}
