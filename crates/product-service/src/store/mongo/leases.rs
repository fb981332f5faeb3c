//! Leases that have run out: the index of held reservations, walked from one on.

use kernel::Timestamp;
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Bson, Document, Uuid as BsonUuid, doc};
use store_mongo::mongodb::options::{FindOptions, Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, decode, from_id, id_bson};
use telemetry::metrics::Read;

use super::schema::{BY_LEASE, RESERVATIONS};
use crate::store::Lease;

#[derive(Deserialize)]
struct LeaseRow {
    #[serde(rename = "_id")]
    order: BsonUuid,
    lease_until: i64,
}

/// The filter, and the stretch of the index.
pub(super) fn due(now: Timestamp, after: Option<Lease>) -> [Document; 3] {
    let (mut filter, mut min) = (
        doc! { "state": "held" },
        doc! { "lease_until": Bson::MinKey, "_id": Bson::MinKey },
    );
    if let Some(lease) = after {
        let order = id_bson(lease.order);
        min = doc! { "lease_until": lease.until.as_millis(), "_id": &order };
        // The stretch begins with it.
        filter.insert("_id", doc! { "$ne": order });
    }
    let max = doc! { "lease_until": now.as_millis(), "_id": Bson::MaxKey };
    [filter, min, max]
}

pub(super) async fn leases_due(
    store: &Mongo,
    now: Timestamp,
    after: Option<Lease>,
    limit: usize,
) -> StoreResult<Vec<Lease>> {
    // Whoever asks on after a lease that is not due yet is done.
    if limit == 0 || after.is_some_and(|lease| lease.until > now) {
        return Ok(Vec::new());
    }
    let [filter, min, max] = due(now, after);
    let options = FindOptions::builder()
        .hint(Hint::Name(BY_LEASE.to_owned()))
        .min(min)
        .max(max)
        .sort(doc! { "lease_until": 1, "_id": 1 })
        .projection(doc! { "lease_until": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .batch_size(u32::try_from(limit).unwrap_or(u32::MAX))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .build();
    let _timed = store.reading(Read::Sweep);
    let mut rows = store
        .database()
        .await?
        .collection::<RawDocumentBuf>(RESERVATIONS)
        .find(filter)
        .with_options(options)
        .await?;
    let mut leases = Vec::new();
    while rows.advance().await? {
        let row: LeaseRow = decode(RESERVATIONS, rows.current())?;
        leases.push(Lease {
            until: Timestamp::from_millis(row.lease_until),
            order: from_id(row.order),
        });
    }
    Ok(leases)
}
