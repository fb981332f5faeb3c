//! The contract of the bus: one test suite for both the in-memory bus and RabbitMQ. Messages travel as they do in a service: from an
//! outbox, through a relay.
#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::unwrap_used,
    missing_docs,
    reason = "a suite of tests that other crates run, too: it fails by a panic, and names say what they are for"
)]

mod parts;

pub use parts::{Recorder, Sender, message, messages, subscription};

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Kind;
use kernel::MessageId;
use store::DeadLetter;
use telemetry::testing::eventually;

use crate::{Bus, MAX_ATTEMPTS, Outcome, Subscription};

/// A running bus, with an operator's access to its dead letters.
#[async_trait]
pub trait World: Sized + Sync {
    /// Starts an isolated bus with these queues.
    async fn start(subscriptions: Vec<Subscription>) -> Self;
    /// Binds another queue.
    async fn bind(&mut self, subscription: Subscription);
    /// The bus.
    fn bus(&self) -> Arc<dyn Bus>;
    /// The sender on this bus.
    fn sender(&self) -> &Sender;
    /// Returns when the bus has accepted what was sent, if it accepts messages before they are handled.
    async fn taken_over(&self) {}
    /// The dead letters of `queue`.
    async fn dead(&self, queue: &'static str) -> Vec<DeadLetter>;
    /// Replays one dead letter, or all of them.
    async fn replay(&self, queue: &'static str, message: Option<MessageId>) -> usize;
    /// Stops the bus and cleans up.
    async fn end(self);
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
    // These arrive while the handler is busy; the next call gets as many of them as fit into a batch.
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

/// Generates the suite's tests for one bus.
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
