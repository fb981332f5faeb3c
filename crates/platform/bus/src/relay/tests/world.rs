//! A real outbox, a scripted bus, and a manual clock.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use contracts::Kind;
use kernel::{ManualClock, MessageId, OrderId, SystemIds};
use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use async_trait::async_trait;

use super::super::*;
use store::Store;
use store_sqlite::{DeadLetter, Records, Sqlite, SqliteOutbox, dead_letters};
use telemetry::metrics::{BusMetrics, Read, StoreMetrics};
use telemetry::testing::eventually;

/// A bus whose outcomes a test chooses: [`Outcome::Done`] unless it says otherwise.
#[derive(Default)]
pub(super) struct FakeBus {
    pub(super) outcomes: Mutex<HashMap<MessageId, Outcome>>,
    pub(super) published: Mutex<Vec<MessageId>>,
    /// When set, confirming a publish takes a permit.
    pub(super) gate: Option<Arc<Semaphore>>,
    /// When set, the broker is down until the token is cancelled.
    pub(super) away: Option<CancellationToken>,
    /// How often the relay has asked whether publishing makes sense.
    pub(super) asked: AtomicUsize,
}

impl FakeBus {
    pub(super) fn answers(&self, id: MessageId, outcome: Outcome) {
        self.outcomes.lock().unwrap().insert(id, outcome);
    }

    /// How often `id` was published.
    pub(super) fn deliveries(&self, id: MessageId) -> usize {
        let published = self.published.lock().unwrap();
        published.iter().filter(|other| **other == id).count()
    }

    pub(super) fn published(&self) -> Vec<MessageId> {
        self.published.lock().unwrap().clone()
    }
}

#[async_trait]
impl Bus for FakeBus {
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        self.published
            .lock()
            .unwrap()
            .extend(batch.iter().map(|message| message.id));
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let outcomes = self.outcomes.lock().unwrap();
        batch
            .iter()
            .map(|message| outcomes.get(&message.id).cloned().unwrap_or(Outcome::Done))
            .collect()
    }

    async fn ready(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(away) = &self.away {
            away.cancelled().await;
        }
    }
}

/// A service's file with its outbox, a bus and a clock.
pub(super) struct World {
    pub(super) dir: tempfile::TempDir,
    pub(super) store: Sqlite,
    pub(super) outbox: SqliteOutbox,
    pub(super) bus: Arc<FakeBus>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) ids: SystemIds,
}

/// A running relay.
pub(super) struct Running {
    pub(super) stop: CancellationToken,
    pub(super) task: JoinHandle<()>,
}

impl Running {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task)
            .await
            .expect("the relay stops when told to")
            .unwrap();
    }

    /// Ends the relay as `kill -9` would: nothing more is recorded.
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_bus(FakeBus::default())
    }

    pub(super) fn with_bus(bus: FakeBus) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(
            &dir.path().join("t.db"),
            &[],
            Records::default(),
            &StoreMetrics::default(),
        )
        .unwrap();
        Self {
            outbox: SqliteOutbox::new(store.clone()),
            dir,
            store,
            bus: Arc::new(bus),
            clock: Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000))),
            ids: SystemIds::default(),
        }
    }

    pub(super) fn start(&self) -> Running {
        let relay = Relay {
            service: "test",
            outbox: Arc::new(self.outbox.clone()),
            bus: self.bus.clone(),
            clock: self.clock.clone(),
            metrics: BusMetrics::default(),
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(relay.run(stop.clone()));
        Running { stop, task }
    }

    pub(super) fn message(&self) -> Envelope {
        Envelope {
            id: MessageId::new(&self.ids),
            name: "marketplace.test.v1.Tested".to_owned(),
            kind: Kind::Event,
            subject: OrderId::new(&self.ids).as_uuid(),
            time: self.clock.now(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            body: Bytes::from_static(b"body"),
        }
    }

    /// The store as use cases see it.
    pub(super) fn port(&self) -> Store {
        Store::new(Arc::new(self.store.clone()))
    }

    /// Commits `count` new messages in one transaction.
    pub(super) async fn commit(&self, count: usize) -> Vec<MessageId> {
        let messages: Vec<Envelope> = (0..count).map(|_| self.message()).collect();
        let ids = messages.iter().map(|message| message.id).collect();
        self.port()
            .write(move |tx| {
                messages
                    .iter()
                    .try_for_each(|message| tx.send(message.clone()))
            })
            .await
            .unwrap();
        ids
    }

    /// Commits one message that the bus answers with `outcome`.
    pub(super) async fn commit_one(&self, outcome: Outcome) -> MessageId {
        let message = self.message();
        let id = message.id;
        self.bus.answers(id, outcome);
        self.port()
            .write(move |tx| tx.send(message.clone()))
            .await
            .unwrap();
        id
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    ) -> T {
        self.store.read(Read::List, |tx| read(tx)).await.unwrap()
    }

    /// The outbox's backlog: id, attempts, when the retry is due.
    pub(super) async fn waiting(&self) -> Vec<(MessageId, u32, Timestamp)> {
        self.read(|tx| {
            let mut rows =
                tx.prepare("SELECT id, attempts, not_before FROM outbox ORDER BY seq")?;
            let rows = rows.query_map([], |row| {
                Ok((
                    store_sqlite::id(row, 0)?,
                    row.get(1)?,
                    Timestamp::from_millis(row.get(2)?),
                ))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn dead(&self) -> Vec<DeadLetter> {
        self.read(dead_letters).await
    }

    pub(super) async fn until_empty(&self) {
        eventually("an empty outbox", async || {
            self.waiting().await.is_empty().then_some(())
        })
        .await;
    }

    /// When the retry of `id` is due, once failure number `attempts` is recorded.
    pub(super) async fn due(&self, id: MessageId, attempts: u32) -> Timestamp {
        eventually("a noted failure", async || {
            let waiting = self.waiting().await;
            let found = waiting.into_iter().find(|(other, ..)| *other == id);
            found.and_then(|(_, noted, due)| (noted == attempts).then_some(due))
        })
        .await
    }

    /// Returns when the relay has checked for due retries at least once more: it waits for two new messages to go out.
    pub(super) async fn looks_again(&self) {
        for _ in 0..2 {
            let marker = self.commit_one(Outcome::Done).await;
            eventually("a poll", async || {
                (self.bus.deliveries(marker) > 0).then_some(())
            })
            .await;
        }
    }
}
