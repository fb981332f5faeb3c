//! The queries over orders that no key answers, for each engine. Both pass the same `contract.rs`.

#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(test)]
mod contract;

#[cfg(feature = "mongo")]
pub use mongo::audited_orders_in_mongo;
#[cfg(feature = "mongo")]
pub(crate) use mongo::{MongoOrders, open_mongo};
#[cfg(feature = "sqlite")]
pub use sqlite::audited_orders;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::open_sqlite;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use store::StoreResult;

use crate::domain::{Order, OrderState};

/// The index of each buyer's orders in a state that orders leave again. Few orders are in one at a time.
const UNSETTLED: &str = "unsettled";

/// The index that a buyer's list walks. Paid orders have none of their own: nearly all orders are paid, so that a walk of all of a
/// buyer's orders finds them.
const fn list_index(state: Option<OrderState>) -> &'static str {
    use OrderState::{Cancelled, Cancelling, Declined, Paid, Pending, Refunded, Refunding};
    match state {
        None | Some(Paid) => "by_buyer",
        Some(Pending | Cancelling | Refunding) => UNSETTLED,
        Some(Declined | Cancelled | Refunded) => "not_paid",
    }
}

/// Orders that are not done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenOrders {
    /// How many are in each state in which the saga is under way.
    pub(crate) unsettled: [(OrderState, i64); 3],
    /// When the one that is longest in its unsettled state came into it.
    pub(crate) oldest: Option<Timestamp>,
    /// How many an operator has to look at.
    pub(crate) to_review: i64,
}

impl OpenOrders {
    /// Most unsettled orders that are counted. Beyond that the exact number says nothing new.
    const LOOKED_AT: i64 = 100_000;

    /// No unsettled orders.
    pub(crate) fn new(to_review: i64) -> Self {
        use OrderState::{Cancelling, Pending, Refunding};
        Self {
            unsettled: [Pending, Cancelling, Refunding].map(|state| (state, 0)),
            oldest: None,
            to_review,
        }
    }

    /// Adds `count` orders in `state`, the oldest of them in it `since`.
    fn add(&mut self, state: OrderState, count: i64, since: Timestamp) {
        for (of, sum) in &mut self.unsettled {
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

    /// Counts what is open, at most [`OpenOrders::LOOKED_AT`] unsettled orders.
    async fn open(&self) -> StoreResult<OpenOrders>;
}
