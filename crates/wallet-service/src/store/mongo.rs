//! The ledger in one MongoDB database that any number of replicas share.

pub(crate) mod accounts;
mod earnings;
pub(crate) mod journal;
mod statement;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use kernel::{Limit, Timestamp, UserId};
use store::StoreResult;
use store_mongo::{Collection, Mongo, Records};
use tokio::sync::Mutex;

use super::rows::rows;
use super::{DueEarning, WalletStore};
use crate::audit::AuditReport;
use crate::audit::mongo::audit;
use crate::domain::{Account, AccountKey, Entry, Recorded, StatementFilter};

/// [`WalletStore`] on MongoDB.
pub(crate) struct MongoWalletStore {
    db: Mongo,
    /// One audit at a time: each reads the whole database.
    auditing: Mutex<()>,
}

impl MongoWalletStore {
    /// The queries on `db`, which has the [`collections`] and [`records`].
    pub(crate) fn new(db: Mongo) -> Self {
        Self {
            db,
            auditing: Mutex::default(),
        }
    }
}

/// The ledger's collections, with validators that hold every writer to the ledger's first rules. Each index is one more write for every
/// operation, so there are only those that a query walks.
///
/// # Errors
/// [`StoreError::Corrupt`](store::StoreError::Corrupt), which a test would have found.
pub(crate) fn collections() -> StoreResult<Vec<Collection>> {
    Collection::parse(include_str!("../../migrations/mongo/0001_init.json"))
}

/// The ledger's records.
pub(crate) fn records() -> Records {
    rows(Records::default().with::<Account>().with::<Recorded>())
}

#[async_trait]
impl WalletStore for MongoWalletStore {
    async fn earnings_due(
        &self,
        now: Timestamp,
        after: Option<DueEarning>,
        limit: usize,
    ) -> StoreResult<Vec<DueEarning>> {
        earnings::due(&self.db, now, after, limit).await
    }

    async fn accounts(&self, owner: UserId) -> StoreResult<Vec<Account>> {
        self.db.get_together(&AccountKey::all(owner)).await
    }

    async fn statement(
        &self,
        owner: UserId,
        filter: StatementFilter,
        limit: Limit,
    ) -> StoreResult<Vec<Entry>> {
        statement::page(&self.db, owner, &filter, limit).await
    }

    async fn audit(&self) -> StoreResult<AuditReport> {
        let _one = self.auditing.lock().await;
        audit(&self.db.database().await?).await
    }
}
