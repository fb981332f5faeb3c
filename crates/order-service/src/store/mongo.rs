//! Orders in MongoDB.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use futures_util::{Stream, TryStreamExt as _};
use kernel::{Limit, OrderId, Timestamp, UserId};
use serde::Deserialize;
use store::{Row as _, StoreResult};
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint, ReadConcern};
use store_mongo::mongodb::{self, Database};
use store_mongo::{
    Collection, Horizon, Mongo, MongoRecord as _, READ_LIMIT, Records, bson_of, decode, walk,
};
use telemetry::metrics::Read;

use super::{OpenOrders, OrderQueries, UNSETTLED, list_index};
use crate::audit::AuditedOrder;
use crate::domain::{Order, OrderState};
use crate::records::rows;

/// Opens a database by `open`, which is given the service's collections and records.
///
/// # Errors
/// As `open`.
pub(crate) fn open_mongo(
    open: impl FnOnce(Vec<Collection>, Records) -> StoreResult<Mongo>,
) -> StoreResult<Mongo> {
    let collections = include_str!("../../migrations/mongo/0001_init.json");
    open(Collection::parse(collections)?, rows(Records::default()))
}

/// The [`OrderQueries`] on MongoDB.
pub(crate) struct MongoOrders {
    db: Mongo,
    /// How far orders that are due were looked for.
    sweeps: Horizon,
}

impl MongoOrders {
    /// Queries on `db`.
    pub(crate) fn new(db: Mongo) -> Self {
        Self {
            db,
            sweeps: Horizon::default(),
        }
    }

    async fn find<T>(
        &self,
        kind: Read,
        listing: Listing,
        limit: i64,
        read: impl Fn(&RawDocument) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        let options = FindOptions::builder()
            .sort(listing.sort)
            .hint(Hint::Name(listing.index.to_owned()))
            .projection(listing.fields)
            .limit(limit)
            .build();
        self.db
            .find_with(kind, Order::TABLE, listing.filter, options, read)
            .await
    }
}

/// Which orders, in which order, through which index: the server would find one by trial runs.
#[derive(Debug, Clone)]
struct Listing {
    filter: Document,
    sort: Document,
    index: &'static str,
    /// What is read of each. None for all.
    fields: Option<Document>,
}

impl Listing {
    /// Those of `buyer` (in `state`), the newest first, after `after`.
    fn of_buyer(buyer: UserId, state: Option<OrderState>, after: Option<OrderId>) -> Self {
        let mut filter = doc! { "buyer": bson_of(&buyer) };
        if let Some(state) = state {
            filter.insert("state", state.as_str());
        }
        if let Some(after) = after {
            filter.insert("_id", doc! { "$lt": bson_of(&after) });
        }
        Self {
            filter,
            sort: doc! { "_id": -1 },
            index: list_index(state),
            fields: None,
        }
    }

    /// The ids of those that have to act by themselves, from `from` on, the most overdue first.
    fn due(from: Option<Timestamp>, now: Timestamp) -> Self {
        let earliest = from.map_or(i64::MIN, Timestamp::as_millis);
        Self {
            filter: doc! { "due_at": { "$gte": earliest, "$lte": now.as_millis() } },
            sort: doc! { "due_at": 1 },
            index: "due",
            fields: Some(doc! { "_id": 1 }),
        }
    }

    /// Those that an operator has to look at, the oldest first, after `after`.
    fn to_review(after: Option<OrderId>) -> Self {
        let mut filter = doc! { "needs_review": true };
        if let Some(after) = after {
            filter.insert("_id", doc! { "$gt": bson_of(&after) });
        }
        Self {
            filter,
            sort: doc! { "_id": 1 },
            index: "to_review",
            fields: None,
        }
    }
}

/// The pipeline that counts the unsettled orders, by a walk of their index.
fn unsettled_stages() -> Vec<Document> {
    vec![
        doc! { "$match": { "state": { "$in": ["pending", "cancelling", "refunding"] } } },
        doc! { "$limit": OpenOrders::LOOKED_AT },
        doc! { "$group": {
            "_id": "$state",
            "count": { "$sum": 1_i64 },
            "since": { "$min": "$state_since" },
        } },
    ]
}

#[async_trait]
impl OrderQueries for MongoOrders {
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>> {
        #[derive(Deserialize)]
        struct Due {
            #[serde(rename = "_id")]
            id: OrderId,
        }
        let id = |document: &RawDocument| Ok(decode::<Due>(Order::TABLE, document)?.id);
        let from = self.sweeps.from(now);
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = self.find(Read::Sweep, Listing::due(from, now), most, id);
        let due = due.await?;
        if due.len() < limit {
            self.sweeps.swept(from, now);
        }
        Ok(due)
    }

    async fn orders_of(
        &self,
        buyer: UserId,
        state: Option<OrderState>,
        after: Option<OrderId>,
        limit: Limit,
    ) -> StoreResult<Vec<Order>> {
        let listing = Listing::of_buyer(buyer, state, after);
        self.find(Read::List, listing, limit.and_one(), Order::decode)
            .await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        let listing = Listing::to_review(after);
        self.find(Read::List, listing, limit.and_one(), Order::decode)
            .await
    }

    async fn open(&self) -> StoreResult<OpenOrders> {
        #[derive(Deserialize)]
        struct Group {
            #[serde(rename = "_id")]
            state: OrderState,
            count: i64,
            since: Timestamp,
        }
        let _timed = self.db.reading(Read::List);
        let orders: mongodb::Collection<RawDocumentBuf> =
            self.db.database().await?.collection(Order::TABLE);
        let listing = Listing::to_review(None);
        let to_review = orders
            .count_documents(listing.filter)
            .hint(Hint::Name(listing.index.to_owned()))
            .read_concern(ReadConcern::majority())
            .max_time(READ_LIMIT)
            .await?;
        let mut open = OpenOrders::new(i64::try_from(to_review).unwrap_or(i64::MAX));
        let mut groups = orders
            .aggregate(unsettled_stages())
            .hint(Hint::Name(UNSETTLED.to_owned()))
            .read_concern(ReadConcern::majority())
            .max_time(READ_LIMIT)
            .await?;
        while groups.advance().await? {
            let group: Group = decode(Order::TABLE, groups.current())?;
            open.add(group.state, group.count, group.since);
        }
        Ok(open)
    }
}

/// All orders in a store's database, or only the one asked for, sorted by id.
///
/// # Errors
/// A store error.
pub async fn audited_orders_in_mongo(
    database: &Database,
    only: Option<OrderId>,
) -> StoreResult<impl Stream<Item = StoreResult<AuditedOrder>> + use<>> {
    let only = only.map(|order| bson_of(&order));
    let orders = walk::<Order>(database, Order::TABLE, only).await?;
    Ok(orders.map_ok(AuditedOrder::from))
}
