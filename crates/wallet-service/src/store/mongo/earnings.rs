//! Earnings that wait for their time.

use kernel::{Timestamp, UserId};
use serde::Deserialize;
use store::{Row, StoreResult};
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord, bson_of, decode};
use telemetry::metrics::Read;

use crate::domain::{Earning, Seller};
use crate::store::DueEarning;
use crate::store::rows::EarningFields;

/// The earnings that are due after `after`.
pub(super) async fn due(
    db: &Mongo,
    now: Timestamp,
    after: Option<DueEarning>,
    limit: usize,
) -> StoreResult<Vec<DueEarning>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut filter = due_filter(now, after);
    let suspended = suspended(db).await?;
    if !suspended.is_empty() {
        filter.insert("seller", doc! { "$nin": suspended });
    }
    let rows: Vec<EarningFields> = db.find(Earning::TABLE, filter, due_sort(), limit).await?;
    let due = rows.into_iter().map(|row| DueEarning {
        available_at: row.available_at,
        order: row.id.order_id,
        fulfilment: row.id.fulfilment,
        seller: row.seller,
    });
    Ok(due.collect())
}

#[derive(Deserialize)]
struct Suspended {
    #[serde(rename = "_id")]
    seller: UserId,
}

/// The suspended sellers. Their index holds no others.
async fn suspended(db: &Mongo) -> StoreResult<Vec<Bson>> {
    let options = FindOptions::builder()
        .hint(Hint::Name("suspended".to_owned()))
        .projection(doc! { "_id": 1 })
        .build();
    let read = |row: &_| {
        let found: Suspended = decode(Seller::TABLE, row)?;
        Ok(bson_of(&found.seller))
    };
    let filter = doc! { "is_suspended": true };
    db.find_with(Read::Sweep, Seller::TABLE, filter, options, read)
        .await
}

pub(super) fn due_filter(now: Timestamp, after: Option<DueEarning>) -> Document {
    let now = now.as_millis();
    let Some(after) = after else {
        return doc! { "available_at": { "$lte": now } };
    };
    let at = after.available_at.as_millis();
    doc! { "$or": [
        { "available_at": at, "_id": { "$gt": <Earning as MongoRecord>::id(&after.key()) } },
        { "available_at": { "$gt": at, "$lte": now } },
    ] }
}

pub(super) fn due_sort() -> Document {
    doc! { "available_at": 1, "_id": 1 }
}
