//! The ledger in one SQLite file. Each write is one closure on the writer thread: it loads what a decision needs, lets the
//! domain decide, and persists, with nobody writing in between.

pub(crate) mod checkpoints;
mod ledger;
mod orders;
mod payouts;
mod statement;
mod transfers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kernel::{Limit, Timestamp, TransactionId, UserId};
use store::idempotency::{Answered, Once};
use store::{StoreError, StoreResult};
use store_sqlite::{
    Migration, Sqlite, SqliteOutbox, forget_old_answers, forget_old_messages, open_read_only,
};
use telemetry::metrics::{Read, StoreMetrics};

use super::{DuePayout, Holding, TransferOutcome, WalletStore};
use crate::audit::{AuditReport, audit};
use crate::domain::{Entry, OrderCommand, StatementFilter, Terms, Transfer};

const MIGRATIONS: &[Migration] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// How long a handled message is remembered. Far beyond any redelivery; the payment's own row remembers for ever.
const INBOX_MEMORY: Duration = Duration::from_hours(7 * 24);

/// [`WalletStore`] on SQLite.
pub(crate) struct SqliteWalletStore {
    db: Sqlite,
    path: PathBuf,
    outbox: SqliteOutbox,
    terms: Terms,
    /// One audit at a time: each reads the whole file.
    auditing: Arc<tokio::sync::Mutex<()>>,
}

impl SqliteWalletStore {
    /// Opens (or creates) the file at `path`.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub(crate) fn open(path: &Path, terms: Terms, metrics: &StoreMetrics) -> StoreResult<Self> {
        let db = Sqlite::open(path, MIGRATIONS, metrics)?;
        let outbox = SqliteOutbox::new(db.clone());
        Ok(Self {
            db,
            path: path.to_owned(),
            outbox,
            terms,
            auditing: Arc::default(),
        })
    }

    /// Where its messages wait for the relay.
    pub(crate) fn outbox(&self) -> SqliteOutbox {
        self.outbox.clone()
    }
}

#[async_trait]
impl WalletStore for SqliteWalletStore {
    async fn transfer(
        &self,
        transfer: Transfer,
        once: Option<Once<TransferOutcome>>,
        now: Timestamp,
    ) -> StoreResult<Answered<TransferOutcome>> {
        self.db
            .write(move |tx| transfers::run(tx, &transfer, once, now))
            .await
    }

    async fn settle_orders(&self, commands: Vec<OrderCommand>, now: Timestamp) -> StoreResult<()> {
        let terms = self.terms;
        self.db
            .write(move |tx| {
                commands
                    .iter()
                    .try_for_each(|command| orders::settle(tx, command, &terms, now))
            })
            .await?;
        self.outbox.wake();
        Ok(())
    }

    async fn payouts_due(
        &self,
        now: Timestamp,
        after: Option<DuePayout>,
        limit: usize,
    ) -> StoreResult<Vec<DuePayout>> {
        self.db
            .read(Read::Sweep, move |tx| payouts::due(tx, now, after, limit))
            .await
    }

    async fn release_payouts(
        &self,
        payouts: Vec<(DuePayout, TransactionId)>,
        now: Timestamp,
    ) -> StoreResult<usize> {
        self.db
            .write(move |tx| payouts::release(tx, &payouts, now))
            .await
    }

    async fn holdings(&self, owner: UserId) -> StoreResult<Vec<Holding>> {
        self.db
            .read(Read::Get, move |tx| statement::holdings(tx, owner))
            .await
    }

    async fn statement(&self, filter: StatementFilter, limit: Limit) -> StoreResult<Vec<Entry>> {
        self.db
            .read(Read::List, move |tx| statement::page(tx, &filter, limit))
            .await
    }

    async fn checkpoint(&self) -> StoreResult<i64> {
        self.db.write(checkpoints::advance).await
    }

    async fn forget(&self, limit: i64, now: Timestamp) -> StoreResult<usize> {
        self.db
            .write(move |tx| {
                let messages = forget_old_messages(tx, now.minus(INBOX_MEMORY), limit)?;
                Ok(messages + forget_old_answers(tx, now, limit)?)
            })
            .await
    }

    async fn audit(&self) -> StoreResult<AuditReport> {
        let guard = self.auditing.clone().lock_owned().await;
        let path = self.path.clone();
        // A connection of its own: the pooled readers go on answering while this one reads everything.
        let run = tokio::task::spawn_blocking(move || {
            let _guard = guard;
            audit(&open_read_only(&path)?)
        });
        run.await.unwrap_or_else(|error| {
            Err(StoreError::Unavailable(format!(
                "the audit was given up: {error}"
            )))
        })
    }

    async fn ready(&self) -> StoreResult<()> {
        self.db
            .read(Read::Check, |tx| {
                tx.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))?;
                Ok(())
            })
            .await
    }
}
