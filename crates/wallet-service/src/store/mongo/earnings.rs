//! Earnings that wait for their time.

use kernel::Timestamp;
use store::{Row, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::{Mongo, MongoRecord};

use crate::domain::Earning;
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
    let filter = due_filter(now, after);
    let rows: Vec<EarningFields> = db.find(Earning::TABLE, filter, due_sort(), limit).await?;
    let due = rows.into_iter().map(|row| DueEarning {
        available_at: row.available_at,
        order: row.id.order_id,
        fulfilment: row.id.fulfilment,
        seller: row.seller,
    });
    Ok(due.collect())
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
