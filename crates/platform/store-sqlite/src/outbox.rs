//! The outbox table: messages are written in the business transaction, handed to the relay, and deleted when confirmed.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::codec::unsigned;
use super::message::envelope;
use super::sqlite::Sqlite;
use super::writer::Turn;
use store::outbox::{Backlog, Fate, Outbox, Pending};
use store::{StoreError, StoreResult};
use telemetry::metrics::Read;

/// The outbox of one service, as its relay sees it.
#[derive(Clone)]
pub struct SqliteOutbox(Sqlite);

impl SqliteOutbox {
    /// The outbox in `store`.
    #[must_use]
    pub const fn new(store: Sqlite) -> Self {
        Self(store)
    }
}

const COLUMNS: &str = "seq, id, name, kind, subject, time, traceparent, body, attempts FROM outbox";

#[async_trait]
impl Outbox for SqliteOutbox {
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>> {
        if let Some(known) = self.0.recent.after(after, limit) {
            return Ok(known);
        }
        let sql = format!("SELECT {COLUMNS} WHERE seq > ?1 AND attempts = 0 ORDER BY seq LIMIT ?2");
        self.select(sql, after, limit).await
    }

    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE attempts > 0 AND not_before <= ?1 ORDER BY not_before LIMIT ?2"
        );
        self.select(sql, now.as_millis(), limit).await
    }

    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()> {
        let recent = self.0.recent.clone();
        let work = move |tx: &Connection| {
            for (seq, fate) in &fates {
                settle_one(tx, *seq, fate, now)?;
            }
            Ok(fates.iter().map(|(seq, _)| *seq).collect::<Vec<i64>>())
        };
        let forget = move |settled: &Vec<i64>| recent.forget(settled);
        // No one waits for it, and if it is lost in a crash, the messages are only sent again.
        let settled = self.0.write_as(Turn::WithOthers, work, forget);
        settled.await.map(drop)
    }

    async fn backlog(&self, _: Timestamp) -> StoreResult<Backlog> {
        self.0.read(Read::Sweep, |tx| backlog(tx)).await
    }

    async fn news(&self) {
        self.0.recent.added().await;
    }
}

impl SqliteOutbox {
    async fn select(&self, sql: String, bound: i64, limit: usize) -> StoreResult<Vec<Pending>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.0
            .read(Read::Sweep, move |tx| {
                let mut statement = tx.prepare_cached(&sql)?;
                let mut rows = statement.query((bound, limit))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(Pending {
                        seq: row.get(0)?,
                        attempts: unsigned(row, 8)?,
                        envelope: Arc::new(envelope(row, 1)?),
                    });
                }
                Ok(found)
            })
            .await
    }
}

/// Rows counted at most; beyond this the exact number does not matter.
const COUNTED: i64 = 100_000;

/// Rows are numbered in commit order, so the first is the oldest.
fn backlog(tx: &Connection) -> StoreResult<Backlog> {
    let rows: i64 = tx
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT ?1)")?
        .query_row([COUNTED], |row| row.get(0))?;
    let oldest: Option<i64> = tx
        .prepare_cached("SELECT time FROM outbox ORDER BY seq LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(Backlog {
        rows: u64::try_from(rows).unwrap_or(0),
        oldest: oldest.map(Timestamp::from_millis),
    })
}

fn settle_one(tx: &Connection, seq: i64, fate: &Fate, now: Timestamp) -> Result<(), StoreError> {
    match fate {
        Fate::Sent => {}
        Fate::Retry {
            attempts,
            not_before,
        } => {
            tx.prepare_cached("UPDATE outbox SET attempts = ?2, not_before = ?3 WHERE seq = ?1")?
                .execute((seq, attempts, not_before.as_millis()))?;
            return Ok(());
        }
        Fate::Dead { attempts, reason } => {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO dead_letters
                 SELECT id, name, kind, subject, time, traceparent, body, ?2, ?3, ?4 FROM outbox WHERE seq = ?1",
            )?
            .execute((seq, attempts, reason, now.as_millis()))?;
        }
    }
    tx.prepare_cached("DELETE FROM outbox WHERE seq = ?1")?
        .execute([seq])?;
    Ok(())
}
