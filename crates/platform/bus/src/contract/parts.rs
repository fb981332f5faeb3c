//! The building blocks of the contract tests: an in-memory outbox with its relay, a recording handler, messages.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{Envelope, Kind};
use kernel::{Clock, MessageId, OrderId, SystemIds, Timestamp};
use store::outbox::{Backlog, Fate, Outbox, Pending};
use store::{DeadLetter, StoreResult};
use telemetry::metrics::BusMetrics;
use telemetry::testing::eventually;
use tokio::sync::{Notify, Semaphore};

use crate::{Bus, Handler, Outcome, Relay, Subscription, Tasks};

/// Runs a thousand times faster than the wall clock, so that retries are due soon.
struct FastClock(Instant);

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let passed = u64::try_from(self.0.elapsed().as_micros()).unwrap();
        Timestamp::from_millis(1_700_000_000_000).plus(Duration::from_millis(passed))
    }
}

/// An outbox in memory.
#[derive(Default)]
pub struct TestOutbox {
    rows: Mutex<BTreeMap<i64, (Pending, Timestamp)>>,
    dead: Mutex<Vec<DeadLetter>>,
    /// Sequence numbers keep rising, even when all rows are gone.
    last: AtomicI64,
    news: Notify,
}

#[async_trait]
impl Outbox for TestOutbox {
    async fn fresh(&self, after: i64, limit: usize) -> StoreResult<Vec<Pending>> {
        let rows = self.rows.lock().unwrap();
        let fresh = rows.range(after + 1..).map(|(_, (row, _))| row);
        Ok(fresh
            .filter(|row| row.attempts == 0)
            .take(limit)
            .cloned()
            .collect())
    }

    async fn retries(&self, now: Timestamp, limit: usize) -> StoreResult<Vec<Pending>> {
        let rows = self.rows.lock().unwrap();
        let due = rows
            .values()
            .filter(|(row, due)| row.attempts > 0 && *due <= now);
        Ok(due.map(|(row, _)| row.clone()).take(limit).collect())
    }

    async fn settle(&self, fates: Vec<(i64, Fate)>, now: Timestamp) -> StoreResult<()> {
        let mut rows = self.rows.lock().unwrap();
        for (seq, fate) in fates {
            match fate {
                Fate::Sent => drop(rows.remove(&seq)),
                Fate::Retry {
                    attempts,
                    not_before,
                } => {
                    let (row, due) = rows.get_mut(&seq).unwrap();
                    (row.attempts, *due) = (attempts, not_before);
                }
                Fate::Dead { attempts, reason } => {
                    let (row, _) = rows.remove(&seq).unwrap();
                    self.dead.lock().unwrap().push(DeadLetter {
                        envelope: (*row.envelope).clone(),
                        attempts,
                        reason,
                        died_at: now,
                    });
                }
            }
        }
        Ok(())
    }

    async fn backlog(&self, _: Timestamp) -> StoreResult<Backlog> {
        let rows = self.rows.lock().unwrap();
        Ok(Backlog {
            rows: u64::try_from(rows.len()).unwrap(),
            oldest: rows.values().map(|(row, _)| row.envelope.time).min(),
        })
    }

    async fn news(&self) {
        self.news.notified().await;
    }
}

/// An outbox and its relay.
pub struct Sender {
    outbox: Arc<TestOutbox>,
    tasks: Tasks,
}

impl Sender {
    pub fn over(bus: Arc<dyn Bus>) -> Self {
        let outbox = Arc::new(TestOutbox::default());
        let relay = Relay {
            service: "test",
            outbox: outbox.clone(),
            bus,
            clock: Arc::new(FastClock(Instant::now())),
            metrics: BusMetrics::default(),
        };
        let tasks = Tasks::new();
        tasks.spawn(|stop| relay.run(stop));
        Self { outbox, tasks }
    }

    /// Commits messages to the outbox.
    pub fn send(&self, messages: impl IntoIterator<Item = Envelope>) {
        let mut rows = self.outbox.rows.lock().unwrap();
        for message in messages {
            let seq = self.outbox.last.fetch_add(1, Ordering::SeqCst) + 1;
            let row = Pending {
                seq,
                attempts: 0,
                envelope: Arc::new(message),
            };
            rows.insert(seq, (row, Timestamp::from_millis(0)));
        }
        drop(rows);
        self.outbox.news.notify_one();
    }

    /// Messages not sent yet.
    pub fn waiting(&self) -> Vec<Pending> {
        let rows = self.outbox.rows.lock().unwrap();
        rows.values().map(|(row, _)| row.clone()).collect()
    }

    pub async fn until_sent(&self) {
        eventually("an empty outbox", async || {
            self.waiting().is_empty().then_some(())
        })
        .await;
    }

    /// The sender's dead letters.
    pub fn dead(&self) -> Vec<DeadLetter> {
        self.outbox.dead.lock().unwrap().clone()
    }

    /// Replays dead letters.
    pub fn replay(&self, message: Option<MessageId>) -> usize {
        let mut dead = self.outbox.dead.lock().unwrap();
        let (chosen, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut *dead)
            .into_iter()
            .partition(|letter| message.is_none_or(|id| id == letter.envelope.id));
        *dead = kept;
        drop(dead);
        let count = chosen.len();
        self.send(chosen.into_iter().map(|letter| letter.envelope));
        count
    }

    pub async fn stop(&self) {
        self.tasks.drain(Duration::from_secs(10)).await;
    }
}

/// Records the messages it receives and answers [`Outcome::Done`] unless set otherwise.
#[derive(Default)]
pub struct Recorder {
    pub batches: Mutex<Vec<Vec<Envelope>>>,
    answers: Mutex<HashMap<MessageId, Outcome>>,
    pub(super) panics: Mutex<HashMap<MessageId, usize>>,
    /// When set, answering a batch takes a permit.
    pub gate: Option<Semaphore>,
}

#[async_trait]
impl Handler for Recorder {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let copies = batch.iter().map(|message| (**message).clone()).collect();
        self.batches.lock().unwrap().push(copies);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let panics = batch.iter().any(|message| {
            let mut panics = self.panics.lock().unwrap();
            let left = panics.entry(message.id).or_default();
            let now = *left > 0;
            *left = left.saturating_sub(1);
            now
        });
        assert!(!panics, "on purpose");
        let answers = self.answers.lock().unwrap();
        batch
            .iter()
            .map(|message| answers.get(&message.id).cloned().unwrap_or(Outcome::Done))
            .collect()
    }
}

impl Recorder {
    pub fn gated() -> Arc<Self> {
        Arc::new(Self {
            gate: Some(Semaphore::new(0)),
            ..Self::default()
        })
    }

    pub fn open(&self) {
        self.gate
            .as_ref()
            .unwrap()
            .add_permits(Semaphore::MAX_PERMITS / 2);
    }

    pub fn answers(&self, id: MessageId, outcome: Outcome) {
        self.answers.lock().unwrap().insert(id, outcome);
    }

    /// How often each message was handed over.
    pub fn seen(&self) -> HashMap<MessageId, usize> {
        let mut seen = HashMap::new();
        for message in self.batches.lock().unwrap().iter().flatten() {
            *seen.entry(message.id).or_default() += 1;
        }
        seen
    }

    pub fn seen_of(&self, id: MessageId) -> usize {
        self.seen().get(&id).copied().unwrap_or_default()
    }

    pub async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        eventually(what, async || condition(self).then_some(())).await;
    }

    pub async fn until_seen(&self, messages: &[Envelope]) {
        self.until("all messages at the receiver", |recorder| {
            let seen = recorder.seen();
            messages
                .iter()
                .all(|message| seen.contains_key(&message.id))
        })
        .await;
    }
}

pub fn subscription(queue: &'static str, name: &str, handler: Arc<dyn Handler>) -> Subscription {
    Subscription {
        queue,
        messages: vec![name.to_owned()],
        handler,
        max_batch: 64,
    }
}

pub fn message(name: &str) -> Envelope {
    let ids = SystemIds::default();
    Envelope {
        id: MessageId::new(&ids),
        name: name.to_owned(),
        kind: Kind::Event,
        subject: OrderId::new(&ids).as_uuid(),
        time: Timestamp::from_millis(1_700_000_000_123),
        traceparent: None,
        body: Bytes::from_static(b"body"),
    }
}

pub fn messages(name: &str, count: usize) -> Vec<Envelope> {
    (0..count).map(|_| message(name)).collect()
}
