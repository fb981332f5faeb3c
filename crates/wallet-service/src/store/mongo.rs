//! The ledger in one MongoDB database that any number of replicas share. Each write is one closure over a unit of work: it loads
//! what a decision needs, lets the domain decide, and persists; whoever changed what it read makes it run again.

mod ledger;
mod orders;
pub(crate) mod payouts;
pub(crate) mod rows;
mod schema;
pub(crate) mod slices;
mod statement;
#[cfg(test)]
mod tests;
mod transfers;

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Clock, Limit, Timestamp, TransactionId, UserId};
use store::StoreResult;
use store::idempotency::{Answered, Once};
use store_mongo::bson::{Binary, doc};
use store_mongo::{Mongo, MongoOutbox, Row, binary};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{DuePayout, Holding, TransferOutcome, WalletStore};
use crate::audit::AuditReport;
use crate::audit::mongo::audit;
use crate::domain::{Entry, OrderCommand, StatementFilter, Terms, Transfer};
use ledger::Writer;
use rows::AccountRow;

pub(crate) use schema::collections;

/// Slices folded at once.
const SLICES: i64 = 1000;

/// [`WalletStore`] on MongoDB.
pub(crate) struct MongoWalletStore {
    db: Mongo,
    terms: Terms,
    clock: Arc<dyn Clock>,
    /// This process's slice of the system's accounts.
    slice: Binary,
    /// One audit at a time: each reads the whole database.
    auditing: Mutex<()>,
}

impl MongoWalletStore {
    /// The ledger in `db`, which was opened with [`collections`].
    pub(crate) fn new(db: Mongo, terms: Terms, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            terms,
            clock,
            slice: binary(Uuid::new_v4().into_bytes()),
            auditing: Mutex::default(),
        }
    }

    /// Where its messages wait for the relay.
    pub(crate) fn outbox(&self) -> MongoOutbox {
        self.db.outbox()
    }

    fn writer(&self, now: Timestamp) -> Writer {
        Writer {
            slice: self.slice.clone(),
            now,
        }
    }
}

#[async_trait]
impl WalletStore for MongoWalletStore {
    async fn transfer(
        &self,
        transfer: Transfer,
        once: Option<Once<TransferOutcome>>,
        now: Timestamp,
    ) -> StoreResult<Answered<TransferOutcome>> {
        let writer = self.writer(now);
        self.db
            .write(move |unit| transfers::run(unit, &transfer, once.as_ref(), &writer))
            .await
    }

    async fn settle_orders(&self, commands: Vec<OrderCommand>, now: Timestamp) -> StoreResult<()> {
        let (terms, writer) = (self.terms, self.writer(now));
        self.db
            .write(move |unit| orders::settle_all(unit, &commands, &terms, &writer))
            .await
    }

    async fn payouts_due(
        &self,
        now: Timestamp,
        after: Option<DuePayout>,
        limit: usize,
    ) -> StoreResult<Vec<DuePayout>> {
        payouts::due(&self.db, now, after, limit).await
    }

    async fn release_payouts(
        &self,
        payouts: Vec<(DuePayout, TransactionId)>,
        now: Timestamp,
    ) -> StoreResult<usize> {
        let writer = self.writer(now);
        self.db
            .write(move |unit| payouts::release(unit, &payouts, &writer))
            .await
    }

    async fn holdings(&self, owner: UserId) -> StoreResult<Vec<Holding>> {
        statement::holdings(&self.db, owner).await
    }

    async fn statement(&self, filter: StatementFilter, limit: Limit) -> StoreResult<Vec<Entry>> {
        statement::page(&self.db, &filter, limit).await
    }

    async fn checkpoint(&self) -> StoreResult<i64> {
        let found: Vec<AccountRow> = self
            .db
            .find(
                AccountRow::COLLECTION,
                slices::all(),
                doc! { "_id": 1 },
                SLICES,
            )
            .await?;
        let others: Vec<Binary> = found.into_iter().map(|row| row.id).collect();
        let writer = self.writer(self.clock.now());
        self.db
            .write(move |unit| slices::fold(unit, &writer, &others))
            .await
    }

    /// Nothing is left to do: the server deletes what is past its time.
    async fn forget(&self, _limit: i64, _now: Timestamp) -> StoreResult<usize> {
        Ok(0)
    }

    async fn audit(&self) -> StoreResult<AuditReport> {
        let _one = self.auditing.lock().await;
        audit(&self.db.database().await?).await
    }

    async fn ready(&self) -> StoreResult<()> {
        self.db.ping().await
    }
}
