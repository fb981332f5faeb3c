//! The outbox collection: messages written in the business transaction, handed to this replica's relay, deleted when confirmed.
//!
//! Any number of replicas relay from one outbox. Each message has a lease: whoever commits it holds it for [`LEASE`] and sends it from
//! memory, without reading it back. What a lease ran out on (its replica died, the broker was away, a retry is due) is claimed by
//! whichever replica finds it first, by compare-and-set on the lease: the old holder's claim is fenced off by it. A message may so
//! be sent twice, never lost; receivers have an inbox.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use contracts::{Envelope, Kind};
use futures_util::TryStreamExt;
use kernel::{Clock, MessageId, Timestamp};
use mongodb::bson::{Binary, Bson, Document, Uuid as BsonUuid, doc};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::codec::{binary, corrupt, from_id, id, id_bson};
use super::{Collection, Horizon, Mongo, Row, Unit};
use crate::outbox::{Fate, Outbox, Pending};
use crate::store::StoreResult;

/// How long a replica holds a message that it sends: longer than a publish may take, and about as long as an order whose replica
/// died waits for another.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// Messages kept in memory. What is beyond is claimed from the collection when its lease runs out.
const QUEUE: usize = 20_000;

/// What a message says, beside its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MessageRow {
    name: String,
    kind: i32,
    order: BsonUuid,
    time: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    body: Binary,
}

impl MessageRow {
    pub(super) fn of(message: &Envelope) -> Self {
        Self {
            name: message.name.clone(),
            kind: match message.kind {
                Kind::Command => 0,
                Kind::Event => 1,
            },
            order: id(message.order),
            time: message.time.as_millis(),
            traceparent: message.traceparent.clone(),
            body: binary(message.body.to_vec()),
        }
    }

    pub(super) fn envelope(self, id: BsonUuid) -> StoreResult<Envelope> {
        Ok(Envelope {
            id: from_id(id),
            name: self.name,
            kind: match self.kind {
                0 => Kind::Command,
                1 => Kind::Event,
                other => return Err(corrupt(format!("{other} is no kind of message"))),
            },
            order: from_id(self.order),
            time: Timestamp::from_millis(self.time),
            traceparent: self.traceparent,
            body: self.body.bytes.into(),
        })
    }
}

/// A message as a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OutboxRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    message: MessageRow,
    attempts: i32,
    /// Whose it is, until when.
    owner: BsonUuid,
    lease: i64,
}

impl Row for OutboxRow {
    const COLLECTION: &'static str = "outbox";
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.id
    }
}

/// The collection that [`enqueue`] writes to.
#[must_use]
pub fn outbox_collection() -> Collection {
    Collection::new(
        OutboxRow::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "message", "attempts", "owner", "lease"],
            "properties": {
                "attempts": { "bsonType": "int", "minimum": 0 },
                "lease": { "bsonType": "long" },
            },
        },
    )
    .index("by_lease", doc! { "lease": 1 })
}

/// Writes `message` to the outbox with the rest of the unit. One that still waits there under the same id is left as it is: a
/// resend of something unsent changes nothing.
///
/// # Errors
/// None in practice; see [`Unit::get`].
pub fn enqueue(unit: &mut Unit, message: &Envelope) -> StoreResult<()> {
    unit.sent(Arc::new(message.clone()));
    Ok(())
}

/// How messages get into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// As if none of them were there.
    New,
    /// Those that are there stay as they are.
    IfAbsent,
}

struct Held {
    pending: Pending,
    until: Instant,
}

#[derive(Default)]
struct Queue {
    last: i64,
    held: BTreeMap<i64, Held>,
    /// Which messages those are.
    ids: HashSet<MessageId>,
}

impl Queue {
    fn drop_where(&mut self, lost: impl Fn(&Held) -> bool) {
        let ids = &mut self.ids;
        self.held.retain(|_, held| {
            let keep = !lost(held);
            if !keep {
                ids.remove(&held.pending.envelope.id);
            }
            keep
        });
    }
}

/// What this replica has to send, in the order in which it was committed.
pub(super) struct OutboxQueue {
    replica: Uuid,
    clock: Arc<dyn Clock>,
    queue: Mutex<Queue>,
    news: Notify,
    horizon: Horizon,
}

impl OutboxQueue {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            replica: Uuid::new_v4(),
            clock,
            queue: Mutex::default(),
            news: Notify::new(),
            horizon: Horizon::default(),
        }
    }

    /// Turns the unit's messages into documents that this replica holds.
    ///
    /// A message is nearly always new, so it is inserted without a look: looking for a key that is not there walks over the deleted
    /// keys around it, and an outbox is full of those. [`Stamp::IfAbsent`] is for the batch in which one was there after all.
    pub(super) fn stamp(&self, unit: &mut Unit, stamp: Stamp) -> StoreResult<()> {
        let lease = self.clock.now().plus(LEASE);
        for message in unit.messages() {
            // A resend of what is about to go out anyway.
            if self.lock().ids.contains(&message.id) {
                continue;
            }
            let row = OutboxRow {
                id: id(message.id),
                message: MessageRow::of(&message),
                attempts: 0,
                owner: id(self.replica),
                lease: lease.as_millis(),
            };
            match stamp {
                Stamp::New => unit.put(row)?,
                Stamp::IfAbsent => unit.put_if_absent(row)?,
            }
        }
        Ok(())
    }

    /// The unit is committed: its messages can go.
    pub(super) fn committed(&self, messages: Vec<Arc<Envelope>>) {
        if messages.is_empty() {
            return;
        }
        self.hold(messages.into_iter().map(|envelope| (envelope, 0)));
        self.news.notify_one();
    }

    fn hold(&self, messages: impl Iterator<Item = (Arc<Envelope>, u32)>) -> Vec<Pending> {
        let until = Instant::now() + LEASE;
        let mut queue = self.lock();
        let mut pending = Vec::new();
        for (envelope, attempts) in messages {
            if queue.held.len() >= QUEUE {
                break;
            }
            // A resend of what is about to go out anyway.
            if !queue.ids.insert(envelope.id) {
                continue;
            }
            queue.last += 1;
            let one = Pending {
                seq: queue.last,
                attempts,
                envelope,
            };
            pending.push(one.clone());
            let seq = one.seq;
            queue.held.insert(
                seq,
                Held {
                    pending: one,
                    until,
                },
            );
        }
        pending
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, seq: i64) -> Option<Pending> {
        let mut queue = self.lock();
        let pending = queue.held.remove(&seq)?.pending;
        queue.ids.remove(&pending.envelope.id);
        Some(pending)
    }
}

/// The outbox of one service, as the relay of one of its replicas sees it.
#[derive(Clone)]
pub struct MongoOutbox {
    pub(super) store: Mongo,
    pub(super) queue: Arc<OutboxQueue>,
}

#[async_trait]
impl Outbox for MongoOutbox {
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>> {
        let now = Instant::now();
        let mut queue = self.queue.lock();
        // A lease that is nearly over may be someone else's before the message is out.
        let lost = now + LEASE / 3;
        queue.drop_where(|held| held.until <= lost && held.pending.seq > after);
        Ok(queue
            .held
            .range(after.saturating_add(1)..)
            .map(|(_, held)| &held.pending)
            .filter(|pending| pending.attempts == 0)
            .take(limit)
            .cloned()
            .collect())
    }

    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>> {
        let db = self.store.database().await?;
        let rows = db.collection::<OutboxRow>(OutboxRow::COLLECTION);
        let from = self.queue.horizon.from(now);
        let earliest = from.map_or(i64::MIN, Timestamp::as_millis);
        let due: Vec<OutboxRow> = rows
            .find(doc! { "lease": { "$gte": earliest, "$lte": now.as_millis() } })
            .sort(doc! { "lease": 1 })
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .await?
            .try_collect()
            .await?;
        if due.len() < limit {
            self.queue.horizon.swept(from, now);
        }
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let (owner, lease) = (id_bson(self.queue.replica), now.plus(LEASE).as_millis());
        let claims: Vec<Bson> = due
            .iter()
            .map(|row| {
                Bson::Document(doc! {
                    "q": { "_id": row.id, "lease": row.lease },
                    "u": { "$set": { "owner": owner.clone(), "lease": lease } },
                })
            })
            .collect();
        db.run_command(doc! {
            "update": OutboxRow::COLLECTION,
            "updates": claims,
            "writeConcern": { "w": "majority" },
        })
        .await?;
        let ids: Vec<BsonUuid> = due.iter().map(|row| row.id).collect();
        let mine: Vec<OutboxRow> = rows
            .find(doc! { "_id": { "$in": ids }, "owner": owner, "lease": lease })
            .sort(doc! { "message.time": 1 })
            .await?
            .try_collect()
            .await?;
        let mut messages = Vec::with_capacity(mine.len());
        for row in mine {
            let attempts = u32::try_from(row.attempts)
                .map_err(|_| corrupt("an outbox message was tried fewer than no times"))?;
            messages.push((Arc::new(row.message.envelope(row.id)?), attempts));
        }
        Ok(self.queue.hold(messages.into_iter()))
    }

    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()> {
        let (mut sent, mut retried, mut dead) = (Vec::new(), Vec::new(), Vec::new());
        for (seq, fate) in fates {
            let Some(pending) = self.queue.take(seq) else {
                continue;
            };
            let message = pending.envelope.id;
            match fate {
                Fate::Sent => sent.push(id(message)),
                Fate::Retry {
                    attempts,
                    not_before,
                } => retried.push(doc! {
                    "q": { "_id": id(message), "owner": id(self.queue.replica) },
                    "u": { "$set": {
                        "attempts": i32::try_from(attempts).unwrap_or(i32::MAX),
                        "lease": not_before.as_millis(),
                    } },
                }),
                Fate::Dead { attempts, reason } => dead.push((pending.envelope, attempts, reason)),
            }
        }
        let db = self.store.database().await?;
        if !sent.is_empty() {
            // A deletion that is lost makes a duplicate, which receivers expect: no need to wait for a disk. Key by key, because a
            // list of keys is an index scan, which walks over the deleted keys behind each of them.
            let deletes: Vec<Document> = sent
                .into_iter()
                .map(|id| doc! { "q": { "_id": id }, "limit": 1 })
                .collect();
            db.run_command(doc! {
                "delete": OutboxRow::COLLECTION,
                "deletes": deletes,
                "ordered": false,
                "writeConcern": { "w": 1 },
            })
            .await?;
        }
        if !retried.is_empty() {
            db.run_command(doc! { "update": OutboxRow::COLLECTION, "updates": retried })
                .await?;
        }
        if !dead.is_empty() {
            self.store
                .write(move |unit| super::dead_letters::bury(unit, &dead, now))
                .await?;
        }
        Ok(())
    }

    async fn news(&self) {
        self.queue.news.notified().await;
    }
}
