//! The queries over orders that no key answers, for each engine. Both pass the same `contract.rs`.

mod cases;
#[cfg(feature = "mongo")]
mod mongo;
mod sales;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(test)]
mod contract;

pub(crate) use cases::{CasesQuery, Undecided, Whose};
#[cfg(feature = "mongo")]
pub use mongo::audited_orders_in_mongo;
#[cfg(feature = "mongo")]
pub(crate) use mongo::{MongoOrders, open_mongo};
pub(crate) use sales::{SaleMoney, SalePlace, SalesDay, SalesQuery, Span, Summary};
#[cfg(feature = "sqlite")]
pub use sqlite::audited_orders;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::open_sqlite;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use store::StoreResult;
use uuid::Uuid;

use crate::domain::{Fact, Order, OrderState};
use crate::records::CaseRecord;

/// The index of the orders in states that orders leave again. Few orders are in one at a time.
const UNSETTLED: &str = "unsettled";

/// Which orders a list walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// All.
    All,
    /// Those in a state. Paid orders have no index and are found by scanning all: nearly all orders are paid.
    InState(OrderState),
    /// Those of a buyer (in a state).
    OfBuyer(UserId, Option<OrderState>),
    /// Those that an operator has to look at.
    ToReview,
    /// Those with a dispute that is open.
    Disputed,
}

impl Listed {
    /// The state that all of its orders have.
    const fn state(self) -> Option<OrderState> {
        match self {
            Self::InState(state) => Some(state),
            Self::OfBuyer(_, state) => state,
            Self::All | Self::ToReview | Self::Disputed => None,
        }
    }

    /// The index that it walks. None for the primary key.
    const fn index(self) -> Option<&'static str> {
        use OrderState::{Cancelled, Cancelling, Declined, Paid, Pending, Refunded, Refunding};
        match self {
            Self::All | Self::InState(Paid) => None,
            Self::OfBuyer(_, None | Some(Paid)) => Some("by_buyer"),
            Self::InState(Pending | Cancelling | Refunding)
            | Self::OfBuyer(_, Some(Pending | Cancelling | Refunding)) => Some(UNSETTLED),
            Self::OfBuyer(_, Some(Declined | Cancelled | Refunded)) => Some("not_paid"),
            Self::InState(Declined | Cancelled | Refunded) => Some("not_paid_of_all"),
            Self::ToReview => Some("to_review"),
            Self::Disputed => Some("disputed"),
        }
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
    /// What waits for a seller's answer or an operator's decision.
    pub(crate) undecided: [Undecided; 2],
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
            undecided: Undecided::none(),
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

/// An order that has to act by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// Which order.
    pub(crate) order: OrderId,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// Queries over orders that no key answers.
#[async_trait]
pub(crate) trait OrderQueries: Send + Sync {
    /// Up to `limit` orders that have to act by themselves, the most overdue first, and since when.
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Due>>;

    /// Up to `most` orders of a list, the newest first, after `after`.
    async fn list(
        &self,
        listed: Listed,
        after: Option<OrderId>,
        most: i64,
    ) -> StoreResult<Vec<Order>>;

    /// Up to `limit.and_one()` orders that an operator has to look at, the oldest first, after `after`.
    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>>;

    /// Up to `most` cases, the newest first, after `after`.
    async fn cases(
        &self,
        query: &CasesQuery,
        after: Option<Uuid>,
        most: i64,
    ) -> StoreResult<Vec<CaseRecord>>;

    /// Counts what is open, at most [`OpenOrders::LOOKED_AT`] unsettled orders, and as many cases of a kind.
    async fn open(&self) -> StoreResult<OpenOrders>;

    /// Up to `most` orders in which a seller has a sale, the newest payment first, after `after`.
    async fn sales(
        &self,
        query: &SalesQuery,
        after: Option<SalePlace>,
        most: i64,
    ) -> StoreResult<Vec<Order>>;

    /// The sales of a seller, or of all sellers if None, in a span, by day. None if the span has more than [`Summary::MOST`] sales.
    async fn sold(&self, seller: Option<UserId>, span: Span) -> StoreResult<Option<Vec<SalesDay>>>;

    /// Up to `most` recorded facts of an order's timeline whose number is at least `from`, the oldest first.
    async fn facts(&self, order: OrderId, from: u32, most: i64) -> StoreResult<Vec<Fact>>;
}
