//! Orders in SQLite. The writer is alone, so what a transaction reads holds until it commits; the revision is compared all the same.

mod row;

use std::time::Duration;

use async_trait::async_trait;
use kernel::{Limit, OrderId, Timestamp, UserId};
use rusqlite::Connection;
use store::idempotency::{Claim, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};
use store_sqlite::{self as sqlite, Sqlite, SqliteOutbox};
use telemetry::metrics::Read;

use super::{Answer, Applied, Inbound, KeepSubject, OrderStore, Render, Unsettled};
use crate::domain::{Change, Command, Order, OrderState, Timing, on};
use crate::events;

pub(crate) use row::orders_to_audit;

/// The schema's steps.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// Handled messages are remembered for this long: far longer than any redelivery takes.
const INBOX_MEMORY: Duration = Duration::from_hours(7 * 24);
/// Rows forgotten in one transaction.
const FORGET: i64 = 5000;

/// The [`OrderStore`] on SQLite.
pub(crate) struct SqliteOrders {
    db: Sqlite,
    outbox: SqliteOutbox,
    timing: Timing,
    render: Render,
}

impl SqliteOrders {
    /// A store on `db` whose commands go to `outbox`.
    pub(crate) fn new(db: Sqlite, outbox: SqliteOutbox, timing: Timing, render: Render) -> Self {
        Self {
            db,
            outbox,
            timing,
            render,
        }
    }
}

fn enqueue(
    tx: &Connection,
    order: &Order,
    commands: &[Command],
    now: Timestamp,
) -> StoreResult<()> {
    for command in commands {
        let envelope = events::seal(order, *command, now)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        sqlite::enqueue(tx, &envelope)?;
    }
    Ok(())
}

fn apply_one(
    tx: &Connection,
    inbound: &Inbound,
    now: Timestamp,
    timing: &Timing,
    render: Render,
) -> StoreResult<Applied> {
    if let Some(id) = inbound.id
        && !sqlite::is_new(tx, inbound.order, id, now)?
    {
        return Ok(Applied::Nothing);
    }
    let Some(before) = row::select(tx, inbound.order)? else {
        tracing::debug!(order = %inbound.order, message = ?inbound.message, "a message about an order that is not here");
        return Ok(Applied::Nothing);
    };
    match on(&before, inbound.message, now, timing) {
        Change::Ignored => {
            tracing::debug!(order = %inbound.order, state = before.state.as_str(), message = ?inbound.message, "late or repeated");
            Ok(Applied::Nothing)
        }
        Change::To(after, commands) => {
            row::update(tx, &before, &after)?;
            enqueue(tx, &after, &commands, now)?;
            if before.state.is_settled() || !after.state.is_settled() {
                return Ok(Applied::Changed(after));
            }
            if after.request.is_some() {
                sqlite::record_by_subject(tx, after.id.as_uuid(), &render(&after))?;
            }
            Ok(Applied::Settled(after))
        }
    }
}

#[async_trait]
impl OrderStore for SqliteOrders {
    async fn claim(
        &self,
        key: OnceKey,
        order: OrderId,
        now: Timestamp,
        lease: Duration,
    ) -> StoreResult<Claim> {
        self.db
            .write(move |tx| sqlite::claim(tx, &key, order.as_uuid(), now, lease))
            .await
    }

    async fn give_up(
        &self,
        key: OnceKey,
        until: Timestamp,
        keep_subject: KeepSubject,
    ) -> StoreResult<()> {
        self.db
            .write(move |tx| match keep_subject {
                KeepSubject::Yes => sqlite::expire_claim(tx, &key, until),
                KeepSubject::No => sqlite::release(tx, &key, until),
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
            .write(move |tx| sqlite::record_claimed(tx, &key, until, &answer).map(drop))
            .await
    }

    async fn place(&self, order: Order, commands: Vec<Command>, answer: Answer) -> StoreResult<()> {
        let render = self.render;
        self.db
            .write(move |tx| {
                row::insert(tx, &order)?;
                enqueue(tx, &order, &commands, order.created_at)?;
                if answer == Answer::Now {
                    sqlite::record_by_subject(tx, order.id.as_uuid(), &render(&order))?;
                }
                Ok::<(), StoreError>(())
            })
            .await?;
        self.outbox.wake();
        Ok(())
    }

    async fn answer(&self, order: Order) -> StoreResult<Option<StoredAnswer>> {
        let answer = (self.render)(&order);
        self.db
            .write(move |tx| {
                sqlite::record_by_subject(tx, order.id.as_uuid(), &answer)?;
                sqlite::answer_of_subject(tx, order.id.as_uuid())
            })
            .await
    }

    async fn apply(&self, inbound: Vec<Inbound>, now: Timestamp) -> StoreResult<Vec<Applied>> {
        let (timing, render) = (self.timing, self.render);
        let applied: Vec<Applied> = self
            .db
            .write(move |tx| {
                inbound
                    .iter()
                    .map(|inbound| apply_one(tx, inbound, now, &timing, render))
                    .collect::<StoreResult<_>>()
            })
            .await?;
        self.outbox.wake();
        Ok(applied)
    }

    async fn due(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<OrderId>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .read(Read::Sweep, move |tx| row::due(tx, now, limit))
            .await
    }

    async fn order(&self, id: OrderId) -> StoreResult<Option<Order>> {
        self.db.read(Read::Get, move |tx| row::select(tx, id)).await
    }

    async fn orders(&self, ids: Vec<OrderId>) -> StoreResult<Vec<Order>> {
        self.db
            .read(Read::Get, move |tx| {
                let found = ids.into_iter().map(|id| row::select(tx, id).transpose());
                found.flatten().collect()
            })
            .await
    }

    async fn orders_of(
        &self,
        buyer: UserId,
        state: Option<OrderState>,
        after: Option<OrderId>,
        limit: Limit,
    ) -> StoreResult<Vec<Order>> {
        self.db
            .read(Read::List, move |tx| {
                row::of_buyer(tx, buyer, state, after, limit)
            })
            .await
    }

    async fn to_review(&self, after: Option<OrderId>, limit: Limit) -> StoreResult<Vec<Order>> {
        self.db
            .read(Read::List, move |tx| row::to_review(tx, after, limit))
            .await
    }

    async fn count_to_review(&self) -> StoreResult<i64> {
        self.db
            .read(Read::List, |tx| row::count_to_review(tx))
            .await
    }

    async fn unsettled(&self) -> StoreResult<Unsettled> {
        self.db.read(Read::List, |tx| row::unsettled(tx)).await
    }

    async fn forget(&self, now: Timestamp) -> StoreResult<bool> {
        self.db
            .write(move |tx| {
                let messages = sqlite::forget_old_messages(tx, now.minus(INBOX_MEMORY), FORGET)?;
                let answers = sqlite::forget_old_answers(tx, now, FORGET)?;
                let full = usize::try_from(FORGET).unwrap_or(usize::MAX);
                Ok(messages.max(answers) >= full)
            })
            .await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.db
            .read(Read::Check, |tx| {
                Ok(tx.query_row("SELECT 1", [], |_| Ok(()))?)
            })
            .await
    }
}
