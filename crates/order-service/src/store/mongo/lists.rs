//! Queries over orders that no key answers. Each names the index that it walks, since the server would find one by trial runs.

use kernel::{OrderId, Timestamp, UserId};
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Document, Uuid as BsonUuid, doc};
use store_mongo::mongodb::options::{Hint, ReadConcern};
use store_mongo::mongodb::{Collection, Database};
use store_mongo::{Mongo, MongoRecord, READ_LIMIT, Snapshot, corrupt, decode, from_id, id_bson};
use telemetry::metrics::Read;

use super::schema::{self, BY_BUYER, DUE, TO_REVIEW};
use crate::audit::AuditedOrder;
use crate::domain::{Order, OrderState};
use crate::records::OrderRecord;
use crate::store::Unsettled;
use crate::store::codes::{NOT_PAID, UNSETTLED, state_code, state_of};

/// Which orders, in which order, through which index.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) filter: Document,
    pub(super) sort: Document,
    pub(super) index: &'static str,
}

impl Listing {
    /// Those of `buyer` (in `state`), the newest first, after `after`.
    pub(super) fn of_buyer(
        buyer: UserId,
        state: Option<OrderState>,
        after: Option<OrderId>,
    ) -> Self {
        let mut filter = doc! { "buyer": id_bson(buyer) };
        if let Some(state) = state {
            filter.insert("state", state_code(state));
        }
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": id_bson(after) });
        }
        let index = match state {
            Some(state) if UNSETTLED.contains(&state) => schema::UNSETTLED,
            Some(state) if NOT_PAID.contains(&state) => schema::NOT_PAID,
            Some(_) | None => BY_BUYER,
        };
        Self {
            filter,
            sort: doc! { "_id": -1 },
            index,
        }
    }

    /// Those that have to act by themselves, from `from` on, the most overdue first.
    pub(super) fn due(from: Option<Timestamp>, now: Timestamp) -> Self {
        let earliest = from.map_or(i64::MIN, Timestamp::as_millis);
        Self {
            filter: doc! { "due_at": { "$gte": earliest, "$lte": now.as_millis() } },
            sort: doc! { "due_at": 1 },
            index: DUE,
        }
    }

    /// Those that an operator has to look at, the oldest first, after `after`.
    pub(super) fn to_review(after: Option<OrderId>) -> Self {
        let mut filter = doc! { "needs_review": true };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": id_bson(after) });
        }
        Self {
            filter,
            sort: doc! { "_id": 1 },
            index: TO_REVIEW,
        }
    }
}

/// The orders of `listing`, at most `limit`.
pub(super) async fn orders(db: &Mongo, listing: Listing, limit: i64) -> StoreResult<Vec<Order>> {
    let order = |document: &RawDocument| Ok(OrderRecord::decode(document)?.order);
    run(db, listing, limit, None, Read::List, order).await
}

/// The ids of the orders of `listing`, at most `limit`.
pub(super) async fn ids(db: &Mongo, listing: Listing, limit: i64) -> StoreResult<Vec<OrderId>> {
    #[derive(Deserialize)]
    struct IdRow {
        #[serde(rename = "_id")]
        id: BsonUuid,
    }
    let id = |document: &RawDocument| {
        let row: IdRow = decode(OrderRecord::COLLECTION, document)?;
        Ok(from_id(row.id))
    };
    run(db, listing, limit, Some(doc! { "_id": 1 }), Read::Sweep, id).await
}

async fn run<T>(
    db: &Mongo,
    listing: Listing,
    limit: i64,
    fields: Option<Document>,
    kind: Read,
    read: impl Fn(&RawDocument) -> StoreResult<T>,
) -> StoreResult<Vec<T>> {
    let _timed = db.reading(kind);
    let orders = collection(db).await?;
    let mut find = orders
        .find(listing.filter)
        .sort(listing.sort)
        .hint(Hint::Name(listing.index.to_owned()))
        .limit(limit)
        .batch_size(u32::try_from(limit).unwrap_or(u32::MAX))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT);
    if let Some(fields) = fields {
        find = find.projection(fields);
    }
    let mut found = find.await?;
    let mut rows = Vec::new();
    while found.advance().await? {
        rows.push(read(found.current())?);
    }
    Ok(rows)
}

/// How many orders `listing` has.
pub(super) async fn count(db: &Mongo, listing: Listing) -> StoreResult<i64> {
    let _timed = db.reading(Read::List);
    let count = collection(db)
        .await?
        .count_documents(listing.filter)
        .hint(Hint::Name(listing.index.to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The pipeline that counts the unsettled orders, by a walk of their index.
pub(super) fn unsettled_stages() -> Vec<Document> {
    let states = UNSETTLED.map(state_code).to_vec();
    vec![
        doc! { "$match": { "state": { "$in": states } } },
        doc! { "$limit": Unsettled::LOOKED_AT },
        doc! { "$group": {
            "_id": "$state",
            "count": { "$sum": 1_i64 },
            "since": { "$min": "$state_since" },
        } },
    ]
}

/// Counts the unsettled orders, for the metrics.
pub(super) async fn unsettled(db: &Mongo) -> StoreResult<Unsettled> {
    #[derive(Deserialize)]
    struct Group {
        #[serde(rename = "_id")]
        state: i32,
        count: i64,
        since: i64,
    }
    let _timed = db.reading(Read::List);
    let mut groups = collection(db)
        .await?
        .aggregate(unsettled_stages())
        .hint(Hint::Name(schema::UNSETTLED.to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .await?;
    let mut unsettled = Unsettled::none();
    while groups.advance().await? {
        let group: Group = decode(OrderRecord::COLLECTION, groups.current())?;
        let state = state_of(group.state)
            .ok_or_else(|| corrupt(format!("{} is no state of an order", group.state)))?;
        unsettled.add(state, group.count, Timestamp::from_millis(group.since));
    }
    Ok(unsettled)
}

async fn collection(db: &Mongo) -> StoreResult<Collection<RawDocumentBuf>> {
    let database = db.database().await?;
    Ok(database.collection(OrderRecord::COLLECTION))
}

/// Reads all orders, or only the one asked for, from one snapshot of the database, as much of each as the audit compares.
pub(crate) async fn orders_in_mongo(
    database: &Database,
    only: Option<OrderId>,
    mut each: impl FnMut(AuditedOrder),
) -> StoreResult<()> {
    let asked_for = only.map_or_else(|| doc! {}, |order| doc! { "_id": id_bson(order) });
    let mut snapshot = Snapshot::open(database).await?;
    let mut rows = snapshot
        .find::<RawDocumentBuf>(OrderRecord::COLLECTION, asked_for, doc! {})
        .await?;
    while let Some(row) = rows.next(&mut snapshot).await? {
        each(AuditedOrder::of(&OrderRecord::decode(&row)?.order));
    }
    Ok(())
}
