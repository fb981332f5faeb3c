//! Broker faults: it goes away, hangs, loses a queue.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contracts::Kind;
use lapin::options::QueueDeleteOptions;
use lapin::types::FieldTable;
use tokio::sync::oneshot;

use super::proxy::Proxy;
use super::test_broker::TestBroker;
use bus::Tasks;
use bus::contract::{Recorder, Sender, message, messages, subscription};
use bus::{Bus, Outcome, Subscription};
use telemetry::testing::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_starts_without_a_broker_says_so_and_works_as_soon_as_it_is_there() {
    let proxy = Proxy::to_the_broker();
    proxy.turn_away(true);
    let mut broker = TestBroker::at(&proxy.uri());
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let bus = broker.bus(vec![subscription("one", "a", receiver.clone())], &tasks);
    assert!(!bus.is_connected());
    let outcomes = bus.publish(vec![Arc::new(message("a"))]).await;
    assert!(matches!(outcomes[..], [Outcome::Undeliverable(_)]));
    let sender = Sender::over(bus.clone());
    let sent = messages("a", 3);
    sender.send(sent.clone());
    proxy.turn_away(false);
    receiver.until_seen(&sent).await;
    sender.until_sent().await;
    assert!(bus.is_connected());
    sender.stop().await;
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_its_connections_were_cut_a_bus_publishes_and_consumes_again_with_the_same_prefetch()
{
    let proxy = Proxy::to_the_broker();
    let mut broker = TestBroker::at(&proxy.uri());
    let (tasks, receiver) = (Tasks::new(), Recorder::gated());
    let few = Subscription {
        max_batch: 4,
        ..subscription("one", "a", receiver.clone())
    };
    let bus = broker.bus(vec![few], &tasks);
    let sender = Sender::over(bus.clone());
    let first = message("a");
    sender.send([first.clone()]);
    receiver.until_seen(std::slice::from_ref(&first)).await;

    proxy.cut();
    let sent = messages("a", 100);
    sender.send(sent.clone());
    sender.until_sent().await;
    // The handler is still busy with the message from before the cut, which can no longer be acknowledged.
    receiver.gate.as_ref().unwrap().add_permits(1);
    receiver
        .until("the message from before the cut, again", |it| {
            it.seen_of(first.id) == 2
        })
        .await;
    // 101 are unacknowledged, of which the consumer has two batches of four.
    let queue = broker.real.names.queue("one").main;
    eventually("93 of 101 messages with the broker", async || {
        (broker.ready_in(&queue).await == Some(93)).then_some(())
    })
    .await;
    receiver.open();
    receiver.until_seen(&sent).await;
    assert!(bus.is_connected());
    sender.stop().await;
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_repeated_cuts_nothing_is_lost() {
    let proxy = Proxy::to_the_broker();
    let mut broker = TestBroker::at(&proxy.uri());
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let bus = broker.bus(vec![subscription("one", "a", receiver.clone())], &tasks);
    let sender = Sender::over(bus.clone());
    let mut all = Vec::new();
    for _ in 0..5 {
        bus.ready().await;
        let sent = messages("a", 2_000);
        all.extend(sent.clone());
        sender.send(sent);
        let before = sender.waiting().len();
        eventually("some progress", async || {
            (sender.waiting().len() < before).then_some(())
        })
        .await;
        proxy.cut();
    }
    receiver.until_seen(&all).await;
    sender.until_sent().await;
    sender.stop().await;
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_hangs_fails_a_publish_within_seconds_and_is_dialled_again() {
    let proxy = Proxy::to_the_broker();
    let mut broker = TestBroker::at(&proxy.uri());
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let bus = broker.bus(vec![subscription("one", "a", receiver.clone())], &tasks);
    bus.ready().await;
    let first = message("a");
    assert_eq!(
        bus.publish(vec![Arc::new(first.clone())]).await,
        [Outcome::Done]
    );

    proxy.silence(true);
    let begun = Instant::now();
    let lost = message("a");
    let outcomes = bus.publish(vec![Arc::new(lost)]).await;
    assert!(
        matches!(outcomes[..], [Outcome::Undeliverable(_)]),
        "{outcomes:?}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    proxy.silence(false);
    bus.ready().await;
    let later = message("a");
    assert_eq!(
        bus.publish(vec![Arc::new(later.clone())]).await,
        [Outcome::Done]
    );
    receiver.until_seen(&[first, later]).await;
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_while_a_queue_is_unbound_stays_with_its_sender_until_it_is_bound() {
    let mut broker = TestBroker::with_a_namespace();
    let (tasks, other_tasks) = (Tasks::new(), Tasks::new());
    let (receiver, other) = <(Arc<Recorder>, Arc<Recorder>)>::default();
    let bus = broker.bus(
        vec![
            subscription("one", "a", receiver.clone()),
            subscription("other", "b", other.clone()),
        ],
        &tasks,
    );
    let sender = Sender::over(bus.clone());
    let before = messages("a", 10);
    sender.send(before.clone());
    receiver.until_seen(&before).await;
    sender.until_sent().await;

    let names = &broker.real.names;
    let (_connection, channel) = broker.admin().await;
    for exchange in [names.exchange(Kind::Event), names.exchange(Kind::Command)] {
        let queue = names.queue("one").main;
        channel
            .queue_unbind(
                queue.into(),
                exchange.into(),
                "a".into(),
                FieldTable::default(),
            )
            .await
            .unwrap();
    }
    // Mixed into one batch: a return must be attributed to the returned message, whichever confirm lapin attaches it to.
    let (unbound, fine) = (messages("a", 200), messages("b", 200));
    let mixed = unbound
        .iter()
        .zip(&fine)
        .flat_map(|(a, b)| [a.clone(), b.clone()]);
    sender.send(mixed);
    other.until_seen(&fine).await;
    eventually("only the unbound ones waiting, each tried", async || {
        let waiting = sender.waiting();
        let tried = waiting
            .iter()
            .all(|row| row.attempts == 1 && row.envelope.name == "a");
        (waiting.len() == 200 && tried).then_some(())
    })
    .await;
    assert_eq!(receiver.seen().len(), 10);

    // Another replica starts and binds it again.
    let _replica = broker.bus(
        vec![subscription("one", "a", receiver.clone())],
        &other_tasks,
    );
    receiver.until_seen(&unbound).await;
    sender.until_sent().await;
    assert!(other.seen().values().all(|times| *times == 1));
    sender.stop().await;
    other_tasks.drain(Duration::from_secs(10)).await;
    drop(channel);
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_deleted_under_its_consumer_is_declared_and_consumed_again() {
    let mut broker = TestBroker::with_a_namespace();
    let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
    let bus = broker.bus(vec![subscription("one", "a", receiver.clone())], &tasks);
    let sender = Sender::over(bus);
    let first = message("a");
    sender.send([first.clone()]);
    receiver.until_seen(&[first]).await;
    let (_connection, channel) = broker.admin().await;
    let queue = broker.real.names.queue("one").main;
    channel
        .queue_delete(queue.into(), QueueDeleteOptions::default())
        .await
        .unwrap();
    let later = message("a");
    sender.send([later.clone()]);
    receiver.until_seen(&[later]).await;
    sender.stop().await;
    broker.end(tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_bus_finishes_what_it_has_in_hand_and_gives_back_the_rest() {
    let mut broker = TestBroker::with_a_namespace();
    let (tasks, receiver) = (Tasks::new(), Recorder::gated());
    let single = Subscription {
        max_batch: 1,
        ..subscription("one", "a", receiver.clone())
    };
    let bus = broker.bus(vec![single], &tasks);
    let sender = Sender::over(bus);
    sender.send(messages("a", 10));
    sender.until_sent().await;
    receiver
        .until("a message in hand", |it| it.seen().len() == 1)
        .await;
    let (tell, told) = oneshot::channel();
    tasks.spawn(|stop| async move {
        stop.cancelled().await;
        tell.send(()).unwrap();
    });
    let stopping = tokio::spawn({
        let tasks = tasks.clone();
        async move { tasks.drain(Duration::from_secs(10)).await }
    });
    told.await.unwrap();
    receiver.open();
    stopping.await.unwrap();
    assert_eq!(receiver.seen().len(), 1);
    let queue = broker.real.names.queue("one").main;
    assert_eq!(broker.ready_in(&queue).await, Some(9));
    sender.stop().await;
    broker.end(tasks).await;
}
