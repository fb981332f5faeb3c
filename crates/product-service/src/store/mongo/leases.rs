//! The query for leases that have run out.

use kernel::Timestamp;
use store::{Row as _, StoreResult};
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, bson_of, decode};
use telemetry::metrics::Read;

use crate::domain::Reservation;
use crate::store::Lease;

/// The filter, and the range of the index.
pub(super) fn range(now: Timestamp, after: Option<Lease>) -> [Document; 3] {
    let (mut filter, mut min) = (
        doc! { "state": "held" },
        doc! { "lease_until": Bson::MinKey, "_id": Bson::MinKey },
    );
    if let Some(lease) = after {
        let order = bson_of(&lease.order);
        min = doc! { "lease_until": lease.until.as_millis(), "_id": &order };
        // The range includes it.
        filter.insert("_id", doc! { "$ne": order });
    }
    let max = doc! { "lease_until": now.as_millis(), "_id": Bson::MaxKey };
    [filter, min, max]
}

pub(super) async fn due(
    store: &Mongo,
    now: Timestamp,
    after: Option<Lease>,
    limit: usize,
) -> StoreResult<Vec<Lease>> {
    // Leases are sorted by their end: none after this one is due.
    if limit == 0 || after.is_some_and(|lease| lease.until > now) {
        return Ok(Vec::new());
    }
    let [filter, min, max] = range(now, after);
    let options = FindOptions::builder()
        .hint(Hint::Name("by_lease".to_owned()))
        .min(min)
        .max(max)
        .sort(doc! { "lease_until": 1, "_id": 1 })
        .projection(doc! { "lease_until": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .build();
    let table = Reservation::TABLE;
    store
        .find_with(Read::Sweep, table, filter, options, |row| {
            decode(table, row)
        })
        .await
}
