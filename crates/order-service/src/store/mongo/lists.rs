//! What is asked of the orders beside one by its id. Each listing walks an index in its order, and names it: the server would
//! choose among those that fit by trying.

use kernel::{OrderId, Timestamp, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::StoreResult;
use store_mongo::bson::raw::RawDocumentBuf;
use store_mongo::bson::{Bson, Document, Uuid as BsonUuid, doc};
use store_mongo::mongodb::options::{Hint, ReadConcern};
use store_mongo::{Mongo, READ_LIMIT, Row, decode, from_id, id_bson};
use telemetry::metrics::Read;

use super::row::OrderRow;
use super::schema::{BY_BUYER, DUE, NOT_PAID, TO_REVIEW, UNSETTLED};
use crate::domain::{Order, OrderState};
use crate::store::codes::state_code;

/// The index of `_id`.
const BY_ID: &str = "_id_";

/// Which orders, in which order, through which index.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) filter: Document,
    pub(super) sort: Document,
    pub(super) index: &'static str,
}

impl Listing {
    /// Those with one of `ids`.
    pub(super) fn these(ids: Vec<OrderId>) -> Self {
        let ids: Vec<Bson> = ids.into_iter().map(id_bson).collect();
        Self {
            filter: doc! { "_id": { "$in": ids } },
            sort: doc! { "_id": 1 },
            index: BY_ID,
        }
    }

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
            None | Some(OrderState::Paid) => BY_BUYER,
            Some(OrderState::Pending | OrderState::Cancelling | OrderState::Refunding) => UNSETTLED,
            Some(OrderState::Declined | OrderState::Cancelled | OrderState::Refunded) => NOT_PAID,
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
    let rows: Vec<OrderRow> = run(db, listing, limit, None).await?;
    rows.iter().map(OrderRow::order).collect()
}

/// The ids of the orders of `listing`, at most `limit`.
pub(super) async fn ids(db: &Mongo, listing: Listing, limit: i64) -> StoreResult<Vec<OrderId>> {
    #[derive(Deserialize)]
    struct IdRow {
        #[serde(rename = "_id")]
        id: BsonUuid,
    }
    let rows: Vec<IdRow> = run(db, listing, limit, Some(doc! { "_id": 1 })).await?;
    Ok(rows.into_iter().map(|row| from_id(row.id)).collect())
}

/// How many orders `listing` has.
pub(super) async fn count(db: &Mongo, listing: Listing) -> StoreResult<i64> {
    let _timed = db.reading(Read::List);
    let orders = db
        .database()
        .await?
        .collection::<RawDocumentBuf>(OrderRow::COLLECTION);
    let count = orders
        .count_documents(listing.filter)
        .hint(Hint::Name(listing.index.to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

async fn run<T: DeserializeOwned>(
    db: &Mongo,
    listing: Listing,
    limit: i64,
    fields: Option<Document>,
) -> StoreResult<Vec<T>> {
    let _timed = db.reading(match listing.index {
        BY_ID => Read::Get,
        DUE => Read::Sweep,
        _ => Read::List,
    });
    let orders = db
        .database()
        .await?
        .collection::<RawDocumentBuf>(OrderRow::COLLECTION);
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
        rows.push(decode(OrderRow::COLLECTION, found.current())?);
    }
    Ok(rows)
}
