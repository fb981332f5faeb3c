//! The lists that only sellers see.

use kernel::Page;
use store::StoreResult;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord, bson_of};
use telemetry::metrics::Read;

use crate::domain::{HistoryQuery, OwnQuery, Product, StockChange};
use crate::records::StockEntry;

/// The index of a seller's products.
pub(super) const OF_SELLER: &str = "of_seller";

/// A walk of the index of the seller's products. The other filters are checked document by document.
pub(super) fn filter(query: &OwnQuery) -> Document {
    let mut filter = doc! { "seller": bson_of(&query.seller) };
    if let Some(last) = query.after {
        filter.insert("_id", doc! { "$lt": bson_of(&last) });
    }
    if let Some(status) = query.filter.status {
        filter.insert("status", status.as_str());
    }
    if let Some(most) = query.filter.low_stock {
        // Only a product with further variants has the least of all.
        let low = vec![
            doc! { "available": { "$lte": most } },
            doc! { "least": { "$lte": most } },
        ];
        filter.insert("$or", low);
    }
    filter
}

pub(super) async fn page(store: &Mongo, query: &OwnQuery) -> StoreResult<Page<Product>> {
    let options = FindOptions::builder()
        .hint(Hint::Name(OF_SELLER.to_owned()))
        .sort(doc! { "_id": -1 })
        .limit(query.limit.and_one())
        .build();
    let products = Product::COLLECTION;
    let found = store.find_with(
        Read::List,
        products,
        filter(query),
        options,
        Product::decode,
    );
    Ok(query.page(found.await?))
}

/// A range of the stock book, whose key begins with the product.
pub(super) fn entries(query: &HistoryQuery) -> Document {
    let key = |version: Bson, variant: Bson| {
        doc! { "product": bson_of(&query.product), "version": version, "variant": variant }
    };
    let before = match query.after {
        Some((version, variant)) => key(version.into(), bson_of(&variant)),
        None => key(Bson::MaxKey, Bson::MaxKey),
    };
    let from = key(Bson::MinKey, Bson::MinKey);
    let mut filter = doc! { "_id": { "$gte": from, "$lt": before } };
    if let Some(variant) = query.variant {
        filter.insert("_id.variant", bson_of(&variant));
    }
    filter
}

pub(super) async fn history(store: &Mongo, query: &HistoryQuery) -> StoreResult<Page<StockChange>> {
    let options = FindOptions::builder()
        .sort(doc! { "_id": -1 })
        .limit(query.limit.and_one())
        .build();
    let found = store.find_with(
        Read::List,
        StockEntry::COLLECTION,
        entries(query),
        options,
        StockEntry::decode,
    );
    Ok(query.page(found.await?.into_iter().map(Into::into).collect()))
}
