//! The outbox collection: messages written in the business transaction, handed to this replica's relay, deleted when confirmed.
//!
//! The messages of one commit share one document, so that they cost one insert and one delete whatever their number. Any number of
//! replicas relay from one outbox. Each document has a lease. The replica that commits it holds it for [`LEASE`] and sends its messages
//! from memory, without reading them back. A lease runs out when its replica dies, the broker is down, or a retry is due. The first
//! replica to find the document then claims it by compare-and-set on the lease, which fences off the old holder. A message may thus be
//! sent twice but is never lost; receivers have an inbox.

mod backlog;
mod dead;
mod queue;
pub(super) mod replica;
pub(super) mod row;
pub(super) mod waiting;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use kernel::Timestamp;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use tokio::time::Instant;

use self::dead::bury;
use self::queue::{Decided, Parcel};
use self::replica::{LEASE, OutboxQueue};
use self::row::{OutboxRow, rows_of};
use super::codec::bson_of;
use super::mongo::Mongo;
use store::outbox::{Backlog, Fate, Outbox, Pending};
use store::{Row as _, StoreResult};

/// The outbox of one service, as the relay of one of its replicas sees it.
#[derive(Clone)]
pub struct MongoOutbox {
    store: Mongo,
    queue: Arc<OutboxQueue>,
}

impl Mongo {
    /// The outbox as this replica's relay reads it.
    #[must_use]
    pub fn outbox(&self) -> MongoOutbox {
        MongoOutbox {
            store: self.clone(),
            queue: self.outbox_queue(),
        }
    }
}

#[async_trait]
impl Outbox for MongoOutbox {
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>> {
        let lost = Instant::now() + LEASE / 3;
        Ok(self.queue.lock().fresh(after, limit, lost))
    }

    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>> {
        let db = self.store.database().await?;
        let from = self.queue.horizon.from(now);
        let due = due(&db, from, now, limit).await?;
        if due.len() < limit {
            self.queue.horizon.swept(from, now);
        }
        let mut parcels = Vec::new();
        for row in self.claim(&db, due, now).await? {
            let messages = row.messages.into_iter().map(|waiting| {
                let (envelope, attempts) = waiting.read()?;
                Ok((Arc::new(envelope), attempts))
            });
            parcels.push(Parcel {
                row: row.id,
                messages: messages.collect::<StoreResult<_>>()?,
            });
        }
        Ok(self.queue.hold(parcels))
    }

    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()> {
        let decided = self.queue.lock().settle(fates);
        let (mut sent, mut retried) = (Vec::new(), Vec::new());
        for row in decided {
            if !row.dead.is_empty() {
                self.bury(row, now).await?;
            } else if row.retry.is_empty() {
                sent.push(doc! { "q": { "_id": bson_of(&row.row) }, "limit": 1 });
            } else {
                retried.push(self.retry(&row));
            }
        }
        let db = self.store.database().await?;
        if !sent.is_empty() {
            // A lost deletion only causes a duplicate, which receivers expect, so there is no need to wait for a disk. Keys are deleted
            // one by one because a list of keys is an index scan, which walks over the deleted keys behind each of them.
            db.run_command(doc! {
                "delete": OutboxRow::TABLE,
                "deletes": sent,
                "ordered": false,
                "writeConcern": { "w": 1 },
            })
            .await?;
        }
        if !retried.is_empty() {
            db.run_command(doc! { "update": OutboxRow::TABLE, "updates": retried })
                .await?;
        }
        Ok(())
    }

    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog> {
        self.look(now).await
    }

    async fn news(&self) {
        self.queue.news.notified().await;
    }
}

/// Documents whose lease has expired, from `from` on, at most `limit`.
async fn due(
    db: &Database,
    from: Option<Timestamp>,
    now: Timestamp,
    limit: usize,
) -> StoreResult<Vec<OutboxRow>> {
    let earliest = from.map_or(i64::MIN, Timestamp::as_millis);
    let found = db
        .collection::<OutboxRow>(OutboxRow::TABLE)
        .find(doc! { "lease": { "$gte": earliest, "$lte": now.as_millis() } })
        .sort(doc! { "lease": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .await?;
    Ok(found.try_collect().await?)
}

impl MongoOutbox {
    /// Claims documents by compare-and-set on their leases. Returns those that this replica now holds.
    async fn claim(
        &self,
        db: &Database,
        due: Vec<OutboxRow>,
        now: Timestamp,
    ) -> StoreResult<Vec<OutboxRow>> {
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let (owner, lease) = (bson_of(&self.queue.replica), now.plus(LEASE).as_millis());
        let claims: Vec<Bson> = due
            .iter()
            .map(|row| {
                Bson::Document(doc! {
                    "q": { "_id": bson_of(&row.id), "lease": row.lease.as_millis() },
                    "u": { "$set": { "owner": owner.clone(), "lease": lease } },
                })
            })
            .collect();
        db.run_command(doc! {
            "update": OutboxRow::TABLE,
            "updates": claims,
            "writeConcern": { "w": "majority" },
        })
        .await?;
        let ids: Vec<Bson> = due.iter().map(|row| bson_of(&row.id)).collect();
        let mine = db
            .collection::<OutboxRow>(OutboxRow::TABLE)
            .find(doc! { "_id": { "$in": ids }, "owner": owner, "lease": lease })
            .await?;
        Ok(mine.try_collect().await?)
    }

    /// The statement that keeps in the document only the messages to retry.
    fn retry(&self, row: &Decided) -> Document {
        doc! {
            "q": { "_id": bson_of(&row.row), "owner": bson_of(&self.queue.replica) },
            "u": { "$set": { "messages": bson_of(&rows_of(&row.retry)), "lease": row.not_before.as_millis() } },
        }
    }

    /// Moves dead-lettered messages to their collection, and keeps in the document only the messages to retry.
    async fn bury(&self, row: Decided, now: Timestamp) -> StoreResult<()> {
        let Decided {
            row,
            retry,
            not_before,
            dead,
        } = row;
        self.store
            .work(move |tx| {
                bury(tx, &dead, now)?;
                let key = row;
                let Some(stored) = tx.get::<OutboxRow>(&key)? else {
                    return Ok(());
                };
                if retry.is_empty() {
                    return tx.delete::<OutboxRow>(&key);
                }
                tx.put(OutboxRow {
                    messages: rows_of(&retry),
                    lease: not_before,
                    ..(*stored).clone()
                })
            })
            .await
    }
}
