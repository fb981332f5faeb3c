//! Orders in MongoDB: the mapping, and queries that no key answers.

mod lists;
mod record;
mod schema;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use store::StoreResult;
use store_mongo::{Horizon, Mongo, Records};

use self::lists::Listing;
use super::{OrderQueries, Unsettled};
use crate::domain::{Order, OrderState};
use crate::records::OrderRecord;

pub(crate) use lists::orders_in_mongo;
pub(crate) use schema::orders_collection;

/// The records that the service keeps.
pub(crate) fn mongo_records() -> Records {
    Records::default().with::<OrderRecord>()
}

/// The [`OrderQueries`] on MongoDB.
pub(crate) struct MongoOrders {
    db: Mongo,
    /// How far orders that are due were looked for.
    sweeps: Horizon,
}

impl MongoOrders {
    /// Queries on `db`, which has [`orders_collection`].
    pub(crate) fn new(db: Mongo) -> Self {
        Self {
            db,
            sweeps: Horizon::default(),
        }
    }
}

#[async_trait]
impl OrderQueries for MongoOrders {
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>> {
        let from = self.sweeps.from(now);
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = lists::ids(&self.db, Listing::due(from, now), most).await?;
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
        lists::orders(&self.db, listing, limit.and_one()).await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        lists::orders(&self.db, Listing::to_review(after), limit.and_one()).await
    }

    async fn count_to_review(&self) -> StoreResult<i64> {
        lists::count(&self.db, Listing::to_review(None)).await
    }

    async fn unsettled(&self) -> StoreResult<Unsettled> {
        lists::unsettled(&self.db).await
    }
}
