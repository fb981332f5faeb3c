//! Where orders are kept. Each method is one transaction: business rows, outbox rows and the inbox or idempotency row land
//! together or not at all. Adapters pass the same `contract.rs`.

mod codes;
#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(test)]
mod contract;

#[cfg(feature = "mongo")]
pub(crate) use mongo::{MongoOrders, orders_collection, orders_in_mongo};
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::{MIGRATIONS, SqliteOrders, orders_to_audit};

use std::time::Duration;

use async_trait::async_trait;
use kernel::{Limit, MessageId, OrderId, Timestamp, UserId};
use store::StoreResult;
use store::idempotency::{Claim, OnceKey, StoredAnswer};

use crate::domain::{Command, Message, Order, OrderState};

/// Turns a settled order into the answer to the request that made it.
pub(crate) type Render = fn(&Order) -> StoredAnswer;

/// A message for the saga of one order.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    /// Which order.
    pub(crate) order: OrderId,
    /// The id it came with: handled once. None for what the service tells itself.
    pub(crate) id: Option<MessageId>,
    /// What it says.
    pub(crate) message: Message,
}

/// What a message made of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The order as it is now; its saga came to an end with this very message.
    Settled(Box<Order>),
    /// The order as it is now.
    Changed(Box<Order>),
    /// Late, repeated, or about an order that is not here.
    Nothing,
}

/// Orders whose saga is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsettled {
    /// How many are in each unsettled state.
    pub(crate) counts: [(OrderState, i64); 3],
    /// When the one that is longest in its state came into it.
    pub(crate) oldest: Option<Timestamp>,
}

impl Unsettled {
    /// Orders that are looked at: where more are unsettled it is as bad.
    pub(crate) const LOOKED_AT: i64 = 100_000;

    /// None of them.
    pub(crate) const NONE: Self = Self {
        counts: [
            (OrderState::Pending, 0),
            (OrderState::Cancelling, 0),
            (OrderState::Refunding, 0),
        ],
        oldest: None,
    };

    /// Adds `count` orders in `state`, the oldest of them in it `since`.
    pub(crate) fn add(&mut self, state: OrderState, count: i64, since: Timestamp) {
        for (of, sum) in &mut self.counts {
            if *of == state {
                *sum += count;
            }
        }
        self.oldest = Some(self.oldest.map_or(since, |oldest| oldest.min(since)));
    }
}

/// The order store.
#[async_trait]
pub(crate) trait OrderStore: Send + Sync {
    /// Claims an idempotency key for making the order `order`; see [`Claim`].
    async fn claim(
        &self,
        key: OnceKey,
        order: OrderId,
        now: Timestamp,
        lease: Duration,
    ) -> StoreResult<Claim>;

    /// Gives the claim that holds `until` up: the key is as if never used, or, with `keep_subject`, free to be taken over at once for
    /// the same order. Changes nothing if the claim was taken over.
    async fn give_up(
        &self,
        key: OnceKey,
        until: Timestamp,
        keep_subject: KeepSubject,
    ) -> StoreResult<()>;

    /// Stores the answer to a request that made no order, unless its claim, which holds `until`, was taken over.
    async fn refuse(&self, key: OnceKey, until: Timestamp, answer: StoredAnswer)
    -> StoreResult<()>;

    /// Stores `order` with the commands that start its saga, and with the answer to its request if that does not wait.
    async fn place(&self, order: Order, commands: Vec<Command>, answer: Answer) -> StoreResult<()>;

    /// Stores the answer to the request that made `order`, as `order` stands here, unless it has one. Returns the one that stands,
    /// if the request came with a key.
    async fn answer(&self, order: Order) -> StoreResult<Option<StoredAnswer>>;

    /// Tells each order its message, in order, as the saga has it: compare-and-set on the revision, inbox row and outbox rows
    /// with it, and the answer to the order's request when it settles. Returns one result for each message.
    async fn apply(&self, inbound: Vec<Inbound>, now: Timestamp) -> StoreResult<Vec<Applied>>;

    /// Up to `limit` orders that have to act by themselves, the most overdue first.
    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>>;

    /// One order.
    async fn order(&self, id: OrderId) -> StoreResult<Option<Order>>;

    /// Those of the orders that are here, in any order.
    async fn orders(&self, ids: Vec<OrderId>) -> StoreResult<Vec<Order>>;

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

    /// How many orders are in which unsettled state, and since when the one that is longest in its. Of very many orders, some are
    /// looked at.
    async fn unsettled(&self) -> StoreResult<Unsettled>;

    /// Forgets handled messages and stored answers past their time, a bounded number at once. Returns whether there may be more.
    async fn forget(&self, now: Timestamp) -> StoreResult<bool>;

    /// Whether the store answers.
    async fn ping(&self) -> StoreResult<()>;
}

/// When the request that made an order is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// At once, with the order as it was placed.
    Now,
    /// When the saga settles or the wait for it is over.
    Later,
}

/// What is left of a claim that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepSubject {
    /// It is unknown what was done for the order: a repeat has to go on with the same one.
    Yes,
    /// Nothing was done.
    No,
}
