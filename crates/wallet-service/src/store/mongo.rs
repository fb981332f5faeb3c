//! The ledger in one MongoDB database that any number of replicas share.

pub(crate) mod accounts;
pub(crate) mod journal;
pub(crate) mod payments;
pub(crate) mod payouts;
mod schema;
pub(crate) mod slices;
mod statement;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Clock, Limit, Timestamp, UserId};
use store::StoreResult;
use store_mongo::{Collection, Mongo, Records};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{DuePayout, WalletStore};
use crate::audit::AuditReport;
use crate::audit::mongo::audit;
use crate::domain::{Account, Entry, Payment, Payout, Recorded, StatementFilter};
use slices::Slice;

/// [`WalletStore`] on MongoDB.
pub(crate) struct MongoWalletStore {
    db: Mongo,
    clock: Arc<dyn Clock>,
    /// This process's slice of the system's accounts.
    slice: [u8; 16],
    /// One audit at a time: each reads the whole database.
    auditing: Mutex<()>,
}

impl MongoWalletStore {
    /// Opens the database with `open`, which gets the ledger's collections and records. Returns it with the queries on it.
    ///
    /// # Errors
    /// As `open`.
    pub(crate) fn open(
        clock: Arc<dyn Clock>,
        open: impl FnOnce(Vec<Collection>, Records) -> StoreResult<Mongo>,
    ) -> StoreResult<(Mongo, Self)> {
        let slice = Uuid::new_v4().into_bytes();
        let records = Records::default()
            .with::<Account>()
            .with::<Recorded>()
            .with::<Payment>()
            .with::<Payout>()
            .always::<Slice>(slice.to_vec())
            .beside(move |recorded: &Recorded, unit| slices::add(unit, slice, recorded));
        let db = open(schema::collections(), records)?;
        let store = Self {
            db: db.clone(),
            clock,
            slice,
            auditing: Mutex::default(),
        };
        Ok((db, store))
    }
}

#[async_trait]
impl WalletStore for MongoWalletStore {
    async fn payouts_due(
        &self,
        now: Timestamp,
        after: Option<DuePayout>,
        limit: usize,
    ) -> StoreResult<Vec<DuePayout>> {
        payouts::due(&self.db, now, after, limit).await
    }

    async fn accounts(&self, owner: UserId) -> StoreResult<Vec<Account>> {
        accounts::of(&self.db, owner).await
    }

    async fn statement(&self, filter: StatementFilter, limit: Limit) -> StoreResult<Vec<Entry>> {
        statement::page(&self.db, &filter, limit).await
    }

    async fn checkpoint(&self) -> StoreResult<i64> {
        slices::fold(&self.db, self.slice, self.clock.now()).await
    }

    async fn audit(&self) -> StoreResult<AuditReport> {
        let _one = self.auditing.lock().await;
        audit(&self.db.database().await?).await
    }
}
