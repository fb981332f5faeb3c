//! Orders in MongoDB.

mod cases;
mod listing;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use futures_util::{Stream, TryStreamExt as _};
use kernel::{Limit, OrderId, Timestamp, UserId};
use serde::Deserialize;
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint, ReadConcern};
use store_mongo::mongodb::{self, Database};
use store_mongo::{
    Collection, Horizon, Mongo, MongoRecord, READ_LIMIT, Records, bson_of, decode, encode, walk,
};
use telemetry::metrics::Read;
use uuid::Uuid;

use self::listing::Listing;
use super::{
    CasesQuery, Due, Listed, OpenOrders, OrderQueries, SaleMoney, SalePlace, SalesDay, SalesQuery,
    Span, Summary, UNSETTLED, Undecided,
};
use crate::audit::AuditedOrder;
use crate::domain::{Fact, Order, OrderState};
use crate::records::{self, CaseRecord, ORDERS, OrderFact};

impl MongoRecord for Order {
    const COLLECTION: &'static str = ORDERS;

    fn id(key: &OrderId) -> Bson {
        bson_of(key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(self)
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode(ORDERS, document)
    }
}

/// Opens a database by `open`, which is given the service's collections and records.
///
/// # Errors
/// As `open`.
pub(crate) fn open_mongo(
    open: impl FnOnce(Vec<Collection>, Records) -> StoreResult<Mongo>,
) -> StoreResult<Mongo> {
    let collections = include_str!("../../migrations/mongo/0001_init.json");
    let records = records::rows(Records::default().with::<Order>());
    open(Collection::parse(collections)?, records)
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
            .find_with(kind, ORDERS, listing.filter, options, read)
            .await
    }

    /// The orders at `places`, in their order.
    async fn at(&self, places: Vec<SalePlace>) -> StoreResult<Vec<Order>> {
        let ids: Vec<Bson> = places.iter().map(|place| bson_of(&place.order)).collect();
        let mut orders = self
            .db
            .find_with(
                Read::List,
                ORDERS,
                doc! { "_id": { "$in": ids } },
                FindOptions::default(),
                Order::decode,
            )
            .await?;
        orders.sort_unstable_by_key(|order| std::cmp::Reverse((order.paid_at, order.id)));
        Ok(orders)
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
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Due>> {
        #[derive(Deserialize)]
        struct Found {
            #[serde(rename = "_id")]
            order: OrderId,
            due_at: Timestamp,
        }
        let due = |document: &RawDocument| {
            let Found { order, due_at } = decode(ORDERS, document)?;
            let since = due_at;
            Ok(Due { order, since })
        };
        let from = self.sweeps.from(now);
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = self.find(Read::Sweep, Listing::due(from, now), most, due);
        let due = due.await?;
        if due.len() < limit {
            self.sweeps.swept(from, now);
        }
        Ok(due)
    }

    async fn list(
        &self,
        listed: Listed,
        after: Option<OrderId>,
        most: i64,
    ) -> StoreResult<Vec<Order>> {
        let listing = Listing::of(listed, after);
        self.find(Read::List, listing, most, Order::decode).await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        let listing = Listing::to_review(after);
        self.find(Read::List, listing, limit.and_one(), Order::decode)
            .await
    }

    async fn cases(
        &self,
        query: &CasesQuery,
        after: Option<Uuid>,
        most: i64,
    ) -> StoreResult<Vec<CaseRecord>> {
        cases::list(&self.db, query, after, most).await
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
            self.db.database().await?.collection(ORDERS);
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
            let group: Group = decode(ORDERS, groups.current())?;
            open.add(group.state, group.count, group.since);
        }
        for (undecided, state) in open.undecided.iter_mut().zip(Undecided::STATES) {
            *undecided = cases::undecided(&self.db, state).await?;
        }
        Ok(open)
    }

    async fn sales(
        &self,
        query: &SalesQuery,
        after: Option<SalePlace>,
        most: i64,
    ) -> StoreResult<Vec<Order>> {
        #[derive(Deserialize)]
        struct Found {
            #[serde(rename = "_id")]
            order: OrderId,
            paid_at: Timestamp,
        }
        let place = |document: &RawDocument| {
            let Found { order, paid_at } = decode(ORDERS, document)?;
            Ok(SalePlace { paid_at, order })
        };
        let walks = query.statuses().into_iter().map(|status| {
            let listing = Listing::sales(query.seller, status, query.span, after);
            self.find(Read::List, listing, most, place)
        });
        let mut places: Vec<SalePlace> = try_join_all(walks).await?.concat();
        places.sort_unstable_by(|one, other| other.cmp(one));
        places.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        if places.is_empty() {
            return Ok(Vec::new());
        }
        self.at(places).await
    }

    async fn sold(&self, seller: Option<UserId>, span: Span) -> StoreResult<Option<Vec<SalesDay>>> {
        let sales = |document: &RawDocument| {
            let order = Order::decode(document)?;
            let place = SalePlace::of(&order)?;
            let parts = order.fulfilments.iter();
            let parts = parts.filter(|part| seller.is_none_or(|seller| part.seller == seller));
            let sales = parts.map(|part| Ok((place, part.status, SaleMoney::of(&order, part)?)));
            sales.collect::<StoreResult<Vec<_>>>()
        };
        let listing = Listing::sold(seller, span);
        let most = i64::try_from(Summary::MOST).unwrap_or(i64::MAX);
        let found = self
            .find(Read::List, listing, most.saturating_add(1), sales)
            .await?;
        if found.iter().map(Vec::len).sum::<usize>() > Summary::MOST {
            return Ok(None);
        }
        let mut summary = Summary::default();
        for (place, status, money) in found.into_iter().flatten() {
            summary.add(place, status, &money);
        }
        Ok(summary.days())
    }

    async fn facts(&self, order: OrderId, from: u32, most: i64) -> StoreResult<Vec<Fact>> {
        let (filter, sort) = listing::facts(order, from);
        let options = FindOptions::builder().sort(sort).limit(most).build();
        let facts = OrderFact::COLLECTION;
        let read = |document: &RawDocument| Ok(OrderFact::decode(document)?.fact);
        self.db
            .find_with(Read::List, facts, filter, options, read)
            .await
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
    let orders = walk::<Order>(database, ORDERS, only).await?;
    Ok(orders.map_ok(AuditedOrder::from))
}
