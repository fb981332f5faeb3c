//! The contract of the bus: one suite, held against the bus in memory and against RabbitMQ. Messages go the way they go in a
//! service: from an outbox, by a relay.
#![expect(
    missing_docs,
    reason = "the name of a rule says what it holds; what helps the rules explains itself"
)]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{Envelope, Kind};
use kernel::{Clock, MessageId, OrderId, SystemIds, Timestamp};
use tokio::sync::{Notify, Semaphore};

use super::{Bus, Handler, MAX_ATTEMPTS, Outcome, Subscription};
use crate::{Relay, Tasks};
use store::outbox::{Backlog, Fate, Outbox, Pending};
use store::{DeadLetter, StoreResult};
use telemetry::metrics::BusMetrics;
use telemetry::testing::eventually;

/// A bus at work, and what an operator can do with its dead letters.
#[async_trait]
pub trait World: Sized + Sync {
    /// A bus of its own with these queues.
    async fn start(subscriptions: Vec<Subscription>) -> Self;
    /// Binds another queue.
    async fn bind(&mut self, subscription: Subscription);
    /// The bus.
    fn bus(&self) -> Arc<dyn Bus>;
    /// What sends over it.
    fn sender(&self) -> &Sender;
    /// Returns when the bus has taken over what was sent, if it takes anything over before it is handled.
    async fn taken_over(&self) {}
    /// The dead letters of `queue`.
    async fn dead(&self, queue: &'static str) -> Vec<DeadLetter>;
    /// Replays one or all of them.
    async fn replay(&self, queue: &'static str, message: Option<MessageId>) -> usize;
    /// Stops it and leaves nothing behind.
    async fn end(self);
}

/// A thousand times as fast as the wall clock, so that retries are due soon.
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
    /// Numbers rise for ever, also when all rows are gone.
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

    /// Messages that are not sent.
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

    /// What this side was left with.
    pub fn dead(&self) -> Vec<DeadLetter> {
        self.outbox.dead.lock().unwrap().clone()
    }

    /// Sends dead letters again.
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

/// Remembers what it was handed, and answers [`Outcome::Done`] unless told otherwise.
#[derive(Default)]
pub struct Recorder {
    pub batches: Mutex<Vec<Vec<Envelope>>>,
    answers: Mutex<HashMap<MessageId, Outcome>>,
    panics: Mutex<HashMap<MessageId, usize>>,
    /// When set, a batch is answered only with a permit.
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
        order: OrderId::new(&ids),
        time: Timestamp::from_millis(1_700_000_000_123),
        traceparent: None,
        body: Bytes::from_static(b"body"),
    }
}

pub fn messages(name: &str, count: usize) -> Vec<Envelope> {
    (0..count).map(|_| message(name)).collect()
}

pub async fn a_message_reaches_every_queue_that_is_bound_to_its_name_and_no_other<W: World>() {
    let (one, two, other) = <(Arc<Recorder>, Arc<Recorder>, Arc<Recorder>)>::default();
    let world = W::start(vec![
        subscription("one", "a", one.clone()),
        subscription("two", "a", two.clone()),
        subscription("other", "b", other.clone()),
    ])
    .await;
    let sent = messages("a", 10);
    let elsewhere = messages("b", 3);
    world
        .sender()
        .send([sent.clone(), elsewhere.clone()].concat());
    one.until_seen(&sent).await;
    two.until_seen(&sent).await;
    other.until_seen(&elsewhere).await;
    world.sender().until_sent().await;
    for (recorder, count) in [(&one, 10), (&two, 10), (&other, 3)] {
        assert!(recorder.seen().values().all(|times| *times == 1));
        assert_eq!(recorder.seen().len(), count);
    }
    world.end().await;
}

pub async fn a_message_arrives_as_it_was_sent<W: World>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let mut command = message("a");
    command.kind = Kind::Command;
    command.traceparent =
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    // Larger than a frame.
    command.body = Bytes::from(vec![0xfe; 100_000]);
    let mut event = message("a");
    event.body = Bytes::new();
    for sent in [command, event] {
        world.sender().send([sent.clone()]);
        receiver.until_seen(std::slice::from_ref(&sent)).await;
        let arrived = receiver.batches.lock().unwrap().pop().unwrap();
        assert_eq!(arrived, [sent]);
    }
    world.end().await;
}

pub async fn messages_that_wait_together_are_handled_together<W: World>() {
    let receiver = Recorder::gated();
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let first = message("a");
    world.sender().send([first.clone()]);
    receiver.until_seen(std::slice::from_ref(&first)).await;
    // The handler is busy: these arrive meanwhile, and the next call gets as many of them as a batch may have.
    let rest = messages("a", 40);
    world.sender().send(rest.clone());
    world.taken_over().await;
    receiver.open();
    receiver.until_seen(&rest).await;
    world.sender().until_sent().await;
    let calls = receiver.batches.lock().unwrap().len();
    assert!(calls <= 10, "{calls} calls for 41 messages");
    world.end().await;
}

pub async fn a_failed_message_is_delivered_again_until_it_is_done<W: World>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let (failing, fine) = (message("a"), message("a"));
    receiver.answers(failing.id, Outcome::Retry("busy".to_owned()));
    world.sender().send([failing.clone(), fine.clone()]);
    receiver
        .until("a third delivery", |it| it.seen_of(failing.id) >= 3)
        .await;
    receiver.answers(failing.id, Outcome::Done);
    receiver
        .until("the last delivery", |it| it.seen_of(failing.id) >= 4)
        .await;
    world.sender().until_sent().await;
    assert_eq!(receiver.seen_of(fine.id), 1);
    assert!(world.dead("one").await.is_empty());
    world.end().await;
}

pub async fn a_message_that_fails_six_times_is_a_dead_letter<W: World>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let failing = message("a");
    receiver.answers(failing.id, Outcome::Retry("busy".to_owned()));
    world.sender().send([failing.clone()]);
    let letter = eventually("a dead letter", async || world.dead("one").await.pop()).await;
    assert_eq!(letter.envelope, failing);
    assert_eq!((letter.attempts, letter.reason.as_str()), (6, "busy"));
    assert_eq!(receiver.seen_of(failing.id), MAX_ATTEMPTS);
    world.sender().until_sent().await;
    world.end().await;
}

pub async fn a_rejected_message_is_a_dead_letter_at_once<W: World>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let rejected = message("a");
    receiver.answers(rejected.id, Outcome::Reject("malformed".to_owned()));
    world.sender().send([rejected.clone()]);
    let letter = eventually("a dead letter", async || world.dead("one").await.pop()).await;
    assert_eq!(letter.envelope, rejected);
    assert_eq!((letter.attempts, letter.reason.as_str()), (1, "malformed"));
    assert_eq!(receiver.seen_of(rejected.id), 1);
    world.end().await;
}

pub async fn a_message_that_no_queue_is_bound_to_stays_with_its_sender_until_one_is<W: World>() {
    let elsewhere = Arc::new(Recorder::default());
    let mut world = W::start(vec![subscription("other", "b", elsewhere.clone())]).await;
    world.bus().ready().await;
    let (nobodys, fine) = (Arc::new(message("a")), Arc::new(message("b")));
    let outcomes = world.bus().publish(vec![nobodys, fine]).await;
    assert!(
        matches!(&outcomes[..], [Outcome::Undeliverable(_), Outcome::Done]),
        "{outcomes:?}"
    );

    let sent = messages("a", 5);
    world.sender().send(sent.clone());
    eventually("a try", async || {
        let waiting = world.sender().waiting();
        waiting.iter().all(|row| row.attempts == 1).then_some(())
    })
    .await;
    assert_eq!(world.sender().waiting().len(), 5);
    let receiver = Arc::new(Recorder::default());
    world.bind(subscription("one", "a", receiver.clone())).await;
    receiver.until_seen(&sent).await;
    world.sender().until_sent().await;
    world.end().await;
}

pub async fn a_handler_that_panics_has_its_messages_delivered_again_and_its_queue_lives_on<
    W: World,
>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let (bad, later) = (message("a"), message("a"));
    receiver.panics.lock().unwrap().insert(bad.id, 2);
    world.sender().send([bad.clone()]);
    receiver
        .until("a third delivery", |it| it.seen_of(bad.id) >= 3)
        .await;
    world.sender().send([later.clone()]);
    receiver.until_seen(std::slice::from_ref(&later)).await;
    world.sender().until_sent().await;
    assert!(world.dead("one").await.is_empty());
    world.end().await;
}

pub async fn a_poison_message_among_a_thousand_goes_to_the_dead_letters_alone_and_can_be_replayed<
    W: World,
>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let mut sent = messages("a", 1_001);
    let poison = sent[500].clone();
    receiver.answers(poison.id, Outcome::Reject("poison".to_owned()));
    world.sender().send(sent.clone());
    receiver.until_seen(&sent).await;
    world.sender().until_sent().await;
    let letter = eventually("a dead letter", async || world.dead("one").await.pop()).await;
    assert_eq!(letter.envelope, poison);
    assert_eq!(world.dead("one").await.len(), 1);
    sent.retain(|message| message.id != poison.id);
    let seen = receiver.seen();
    assert!(sent.iter().all(|message| seen[&message.id] == 1));

    receiver.answers(poison.id, Outcome::Done);
    let other = message("a");
    assert_eq!(world.replay("one", Some(other.id)).await, 0);
    assert_eq!(world.replay("one", Some(poison.id)).await, 1);
    receiver
        .until("the replay", |it| it.seen_of(poison.id) == 2)
        .await;
    world.sender().until_sent().await;
    assert!(world.dead("one").await.is_empty());
    world.end().await;
}

pub async fn a_replayed_dead_letter_has_its_six_deliveries_anew<W: World>() {
    let receiver = Arc::new(Recorder::default());
    let world = W::start(vec![subscription("one", "a", receiver.clone())]).await;
    let failing = message("a");
    receiver.answers(failing.id, Outcome::Reject("malformed".to_owned()));
    world.sender().send([failing.clone()]);
    eventually("a dead letter", async || world.dead("one").await.pop()).await;
    receiver.answers(failing.id, Outcome::Retry("busy".to_owned()));
    assert_eq!(world.replay("one", None).await, 1);
    let letter = eventually("a dead letter again", async || {
        world.dead("one").await.pop()
    })
    .await;
    assert_eq!((letter.attempts, letter.reason.as_str()), (6, "busy"));
    assert_eq!(letter.envelope, failing);
    assert_eq!(receiver.seen_of(failing.id), 1 + MAX_ATTEMPTS);
    world.end().await;
}

/// The suite, as tests of one bus.
#[macro_export]
macro_rules! bus_contract {
    ($world:ty: $($rule:ident),+ $(,)?) => {
        mod contract {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::contract::$rule::<$world>().await;
            })+
        }
    };
    ($world:ty) => {
        $crate::bus_contract!($world:
            a_message_reaches_every_queue_that_is_bound_to_its_name_and_no_other,
            a_message_arrives_as_it_was_sent,
            messages_that_wait_together_are_handled_together,
            a_failed_message_is_delivered_again_until_it_is_done,
            a_message_that_fails_six_times_is_a_dead_letter,
            a_rejected_message_is_a_dead_letter_at_once,
            a_message_that_no_queue_is_bound_to_stays_with_its_sender_until_one_is,
            a_handler_that_panics_has_its_messages_delivered_again_and_its_queue_lives_on,
            a_poison_message_among_a_thousand_goes_to_the_dead_letters_alone_and_can_be_replayed,
            a_replayed_dead_letter_has_its_six_deliveries_anew,
        );
    };
}
