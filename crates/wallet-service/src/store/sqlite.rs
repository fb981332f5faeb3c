//! The ledger in one SQLite file.

mod account;
mod journal;
mod statement;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Limit, Timestamp, UserId};
use rusqlite::Row;
use store::{StoreError, StoreResult};
use store_sqlite::{Migration, Records, Sqlite, SqliteRecord as _, id, open_read_only};
use telemetry::metrics::{Read, StoreMetrics};

use super::rows::rows;
use super::{DueEarning, WalletStore};
use crate::audit::{AuditReport, audit};
use crate::domain::{Account, AccountKey, Entry, Recorded, StatementFilter};

const MIGRATIONS: &[Migration] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// Opens (or creates) the file at `path`.
///
/// # Errors
/// As [`Sqlite::open`].
pub(crate) fn open(path: &Path, metrics: &StoreMetrics) -> StoreResult<Sqlite> {
    let records = Records::default().with::<Account>().with::<Recorded>();
    Sqlite::open(path, MIGRATIONS, rows(records), metrics)
}

/// [`WalletStore`] on SQLite.
pub(crate) struct SqliteWalletStore {
    db: Sqlite,
    path: PathBuf,
    /// One audit at a time: each reads the whole file.
    auditing: Arc<tokio::sync::Mutex<()>>,
}

impl SqliteWalletStore {
    /// The queries on `db`, which [`open`] opened at `path`.
    pub(crate) fn new(db: Sqlite, path: &Path) -> Self {
        Self {
            db,
            path: path.to_owned(),
            auditing: Arc::default(),
        }
    }
}

#[async_trait]
impl WalletStore for SqliteWalletStore {
    async fn earnings_due(
        &self,
        now: Timestamp,
        after: Option<DueEarning>,
        limit: usize,
    ) -> StoreResult<Vec<DueEarning>> {
        let at = after.map_or(i64::MIN, |earning| earning.available_at.as_millis());
        let order = after.map_or([0; 16], |earning| *earning.order.as_bytes());
        let part = after.map_or([0; 16], |earning| *earning.fulfilment.as_bytes());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // The index on `available_at` ends with the primary key, so it has the order of the sweep.
        let sql = "SELECT available_at, order_id, fulfilment, seller FROM earnings
             WHERE available_at <= ?1 AND (available_at, order_id, fulfilment) > (?2, ?3, ?4)
             AND seller NOT IN (SELECT id FROM sellers WHERE is_suspended = 1)
             ORDER BY available_at, order_id, fulfilment LIMIT ?5";
        let read = |row: &Row<'_>| {
            Ok(DueEarning {
                available_at: Timestamp::from_millis(row.get(0)?),
                order: id(row, 1)?,
                fulfilment: id(row, 2)?,
                seller: id(row, 3)?,
            })
        };
        self.db
            .read(Read::Sweep, move |tx| {
                let mut statement = tx.prepare_cached(sql)?;
                let due = statement.query_map((now.as_millis(), at, order, part, limit), read)?;
                Ok(due.collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    async fn accounts(&self, owner: UserId) -> StoreResult<Vec<Account>> {
        self.db
            .read(Read::Get, move |tx| {
                let keys = AccountKey::all(owner);
                let found = keys.iter().map(|key| Account::load(tx, key));
                found.filter_map(Result::transpose).collect()
            })
            .await
    }

    async fn statement(
        &self,
        owner: UserId,
        filter: StatementFilter,
        limit: Limit,
    ) -> StoreResult<Vec<Entry>> {
        self.db
            .read(Read::List, move |tx| {
                statement::page(tx, owner, &filter, limit)
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
}
