//! How orders are kept, for each engine: how a record is mapped, and what no key answers. Both engines pass the same `contract.rs`.

mod codes;
#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(test)]
mod contract;

#[cfg(feature = "mongo")]
pub(crate) use mongo::{MongoOrders, mongo_records, orders_collection, orders_in_mongo};
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::{open_sqlite, orders_to_audit};

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use store::StoreResult;

use crate::domain::{Order, OrderState};

/// Orders whose saga is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsettled {
    /// How many are in each unsettled state.
    pub(crate) counts: [(OrderState, i64); 3],
    /// When the one that is longest in its state came into it.
    pub(crate) oldest: Option<Timestamp>,
}

impl Unsettled {
    /// Most orders that are counted. Beyond that the exact number says nothing new.
    const LOOKED_AT: i64 = 100_000;

    /// No unsettled orders.
    pub(crate) fn none() -> Self {
        Self {
            counts: codes::UNSETTLED.map(|state| (state, 0)),
            oldest: None,
        }
    }

    /// Adds `count` orders in `state`, the oldest of them in it `since`.
    fn add(&mut self, state: OrderState, count: i64, since: Timestamp) {
        for (of, sum) in &mut self.counts {
            if *of == state {
                *sum += count;
            }
        }
        self.oldest = Some(self.oldest.map_or(since, |oldest| oldest.min(since)));
    }
}

/// Queries over orders that no key answers.
#[async_trait]
pub(crate) trait OrderQueries: Send + Sync {
    /// Up to `limit` orders that have to act by themselves, the most overdue first.
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>>;

    /// Up to `limit.and_one()` orders of `buyer` (in `state`), the newest first, after `after`.
    async fn orders_of(
        &self,
        buyer: UserId,
        state: Option<OrderState>,
        after: Option<OrderId>,
        limit: Limit,
    ) -> StoreResult<Vec<Order>>;

    /// Up to `limit.and_one()` orders that an operator has to look at, the oldest first, after `after`.
    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>>;

    /// How many orders an operator has to look at.
    async fn count_to_review(&self) -> StoreResult<i64>;

    /// How many orders are in each unsettled state, and when the one that is longest in its state came into it. Counts at most
    /// [`Unsettled::LOOKED_AT`] orders.
    async fn unsettled(&self) -> StoreResult<Unsettled>;
}
