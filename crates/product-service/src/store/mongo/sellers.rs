//! Queries about sellers.

use contracts::sellers::SellerStatus;
use kernel::UserId;
use serde::Deserialize;
use store::{Row as _, StoreResult};
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::{AggregateOptions, FindOptions, Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, bson_of, decode};
use telemetry::metrics::Read;

use crate::domain::{Product, Seller};

#[derive(Deserialize)]
struct NotActive {
    #[serde(rename = "_id")]
    seller: UserId,
    status: SellerStatus,
}

/// The status has no value for active sellers, so the index holds the others only.
pub(super) fn not_active_filter() -> Document {
    doc! { "status": { "$exists": true } }
}

pub(super) async fn not_active(store: &Mongo) -> StoreResult<Vec<(UserId, SellerStatus)>> {
    let options = FindOptions::builder()
        .hint(Hint::Name("not_active".to_owned()))
        .projection(doc! { "status": 1 })
        .build();
    let read = |row: &_| {
        let found: NotActive = decode(Seller::TABLE, row)?;
        Ok((found.seller, found.status))
    };
    let filter = not_active_filter();
    store
        .find_with(Read::Sweep, Seller::TABLE, filter, options, read)
        .await
}

#[derive(Deserialize)]
struct Counted {
    count: i64,
}

/// The stages that count a seller's active products by their index.
pub(super) fn count_stages(seller: UserId) -> Vec<Document> {
    vec![
        doc! { "$match": { "seller": bson_of(&seller), "status": "active" } },
        doc! { "$group": { "_id": null, "count": { "$sum": 1_i64 } } },
    ]
}

pub(super) async fn count_of(store: &Mongo, seller: UserId) -> StoreResult<i64> {
    let options = AggregateOptions::builder()
        .hint(Hint::Name("by_seller".to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .build();
    let _timed = store.reading(Read::List);
    let mut rows = store
        .database()
        .await?
        .collection::<RawDocumentBuf>(Product::TABLE)
        .aggregate(count_stages(seller))
        .with_options(options)
        .await?;
    if !rows.advance().await? {
        return Ok(0);
    }
    let counted: Counted = decode(Product::TABLE, rows.current())?;
    Ok(counted.count)
}
