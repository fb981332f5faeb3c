//! Orders in MongoDB, one document an order. The document also holds which messages the order was told, and how it was when its
//! request was answered: both are its own, so that a message costs one write beside the commands that go out, and no other
//! collection is read. What a transaction reads holds until it commits, or it runs again on what another replica left.

mod audit;
mod lists;
#[cfg(test)]
mod plans;
mod row;
mod schema;
mod unsettled;

use std::time::Duration;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use store::idempotency::{Claim, Earlier, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};
use store_mongo::{self as mongo, Horizon, Mongo, Unit};

use self::lists::Listing;
use self::row::{AnsweredRow, OrderRow};
use super::{Answer, Applied, Inbound, KeepSubject, OrderStore, Render, Unsettled};
use crate::domain::{Change, Command, Order, OrderState, Timing, on};
use crate::events;

pub(crate) use audit::orders_in_mongo;
pub(crate) use schema::orders_collection;

/// The [`OrderStore`] on MongoDB.
pub(crate) struct MongoOrders {
    db: Mongo,
    timing: Timing,
    render: Render,
    /// How far orders that are due were looked for.
    sweeps: Horizon,
}

impl MongoOrders {
    /// A store on `db`, which has [`orders_collection`].
    pub(crate) fn new(db: Mongo, timing: Timing, render: Render) -> Self {
        Self {
            db,
            timing,
            render,
            sweeps: Horizon::default(),
        }
    }
}

fn enqueue(
    unit: &mut Unit,
    order: &Order,
    commands: &[Command],
    now: Timestamp,
) -> StoreResult<()> {
    for command in commands {
        let envelope = events::seal(order, *command, now)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        mongo::enqueue(unit, &envelope)?;
    }
    Ok(())
}

fn apply_one(
    unit: &mut Unit,
    inbound: &Inbound,
    now: Timestamp,
    timing: &Timing,
) -> StoreResult<Applied> {
    let Some(row) = unit.get::<OrderRow>(&mongo::id(inbound.order))? else {
        tracing::debug!(order = %inbound.order, message = ?inbound.message, "a message about an order that is not here");
        return Ok(Applied::Nothing);
    };
    if inbound.id.is_some_and(|id| row.has_handled(id)) {
        unit.handled_before();
        return Ok(Applied::Nothing);
    }
    let before = row.order()?;
    let (after, commands) = match on(&before, inbound.message, now, timing) {
        Change::To(after, commands) => (after, commands),
        Change::Ignored => {
            tracing::debug!(order = %inbound.order, state = before.state.as_str(), message = ?inbound.message, "late or repeated");
            if let Some(id) = inbound.id {
                unit.put(row.having_handled(id))?;
            }
            return Ok(Applied::Nothing);
        }
    };
    let settled = after.state.is_settled() && !before.state.is_settled();
    let mut next = row.becoming(&after);
    if let Some(id) = inbound.id {
        next = next.having_handled(id);
    }
    if settled {
        next.answer(AnsweredRow::of(&after));
    }
    unit.put(next)?;
    enqueue(unit, &after, &commands, now)?;
    Ok(if settled {
        Applied::Settled(after)
    } else {
        Applied::Changed(after)
    })
}

#[async_trait]
impl OrderStore for MongoOrders {
    async fn claim(
        &self,
        key: OnceKey,
        order: OrderId,
        now: Timestamp,
        lease: Duration,
    ) -> StoreResult<Claim> {
        let render = self.render;
        self.db
            .write(move |unit| {
                // The answer to a request that made an order is with the order.
                if let Some(made) = mongo::unanswered(unit, &key, now)?
                    && let Some(row) = unit.get::<OrderRow>(&mongo::id(made))?
                    && let Some(answered) = row.as_answered()?
                {
                    return Ok(Claim::Earlier(Earlier::Answered(render(&answered))));
                }
                mongo::claim(unit, &key, order.as_uuid(), now, lease)
            })
            .await
    }

    async fn give_up(
        &self,
        key: OnceKey,
        until: Timestamp,
        keep_subject: KeepSubject,
    ) -> StoreResult<()> {
        self.db
            .write(move |unit| match keep_subject {
                KeepSubject::Yes => mongo::expire_claim(unit, &key, until),
                KeepSubject::No => mongo::release(unit, &key, until),
            })
            .await
    }

    async fn refuse(
        &self,
        key: OnceKey,
        until: Timestamp,
        answer: StoredAnswer,
    ) -> StoreResult<()> {
        self.db
            .write(move |unit| mongo::record_claimed(unit, &key, until, &answer).map(drop))
            .await
    }

    async fn place(&self, order: Order, commands: Vec<Command>, answer: Answer) -> StoreResult<()> {
        self.db
            .write(move |unit| {
                let mut row = OrderRow::of(&order);
                if answer == Answer::Now {
                    row.answer(AnsweredRow::of(&order));
                }
                unit.put(row)?;
                enqueue(unit, &order, &commands, order.created_at)
            })
            .await
    }

    async fn answer(&self, order: Order) -> StoreResult<Option<StoredAnswer>> {
        let (key, render) = (mongo::id(order.id), self.render);
        // Nearly always the saga was faster: then there is nothing to write.
        let stands = self.db.get::<OrderRow>(&key).await?;
        if let Some(answered) = stands.map(|row| row.as_answered()).transpose()?.flatten() {
            return Ok(Some(render(&answered)));
        }
        self.db
            .write(move |unit| {
                let Some(row) = unit.get::<OrderRow>(&key)? else {
                    return Ok(None);
                };
                if let Some(answered) = row.as_answered()? {
                    return Ok(Some(render(&answered)));
                }
                let mut row = OrderRow::clone(&row);
                row.answer(AnsweredRow::of(&order));
                let stands = row.as_answered()?.map(|answered| render(&answered));
                unit.put(row)?;
                Ok(stands)
            })
            .await
    }

    async fn apply(&self, inbound: Vec<Inbound>, now: Timestamp) -> StoreResult<Vec<Applied>> {
        let timing = self.timing;
        self.db
            .write(move |unit| {
                unit.want::<OrderRow>(inbound.iter().map(|inbound| mongo::id(inbound.order)))?;
                inbound
                    .iter()
                    .map(|inbound| apply_one(unit, inbound, now, &timing))
                    .collect()
            })
            .await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>> {
        let from = self.sweeps.from(now);
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = lists::ids(&self.db, Listing::due(from, now), most).await?;
        if due.len() < limit {
            self.sweeps.swept(from, now);
        }
        Ok(due)
    }

    async fn order(&self, id: OrderId) -> StoreResult<Option<Order>> {
        let found = self.db.get::<OrderRow>(&mongo::id(id)).await?;
        found.map(|row| row.order()).transpose()
    }

    async fn orders(&self, ids: Vec<OrderId>) -> StoreResult<Vec<Order>> {
        let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        lists::orders(&self.db, Listing::these(ids), limit).await
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
        unsettled::look(&self.db).await
    }

    /// Nothing is left to do: the server forgets what has an end by itself.
    async fn forget(&self, _now: Timestamp) -> StoreResult<bool> {
        Ok(false)
    }

    async fn ping(&self) -> StoreResult<()> {
        self.db.ping().await
    }
}
