//! Tests the relay between a real outbox and a scripted bus, on a manual clock.
//!
//! The relay reads its outbox every [`POLL`] of real time, so each wait here ends within one or two polls.

use std::sync::atomic::Ordering;

use tokio::sync::Semaphore;

mod world;

use self::world::{FakeBus, World};
use super::*;
use store::{DeadLetters as _, Store};
use store_sqlite::Sqlite;
use telemetry::metrics::StoreMetrics;
use telemetry::testing::eventually;

fn busy() -> Outcome {
    Outcome::Retry("busy".to_owned())
}

#[tokio::test]
async fn what_the_bus_has_confirmed_leaves_the_outbox_and_is_sent_once_in_its_order() {
    let world = World::new();
    // More than two batches, so that one batch is recorded while the next is in flight.
    let ids = world.commit(2 * BATCH + 7).await;
    let relay = world.start();
    world.until_empty().await;
    assert_eq!(world.bus.published(), ids);
    assert!(world.dead().await.is_empty());
    relay.stop().await;
}

#[tokio::test]
async fn a_failed_message_is_tried_after_5_30_and_then_every_300_seconds_and_given_up_after_the_sixth()
 {
    let world = World::new();
    let id = world.commit_one(busy()).await;
    let relay = world.start();
    for (failures, seconds) in [(1, 5), (2, 30), (3, 300), (4, 300), (5, 300)] {
        let due = world.due(id, failures).await;
        let wait = Duration::from_secs(seconds);
        assert_eq!(
            due,
            world.clock.now().plus(wait),
            "after failure {failures}"
        );
        let early = due.minus(Duration::from_millis(1));
        assert!(world.outbox.retries(early, BATCH).await.unwrap().is_empty());
        assert_eq!(world.bus.deliveries(id), usize::try_from(failures).unwrap());
        world.clock.advance(wait);
    }
    let letter = eventually("a dead letter", async || world.dead().await.pop()).await;
    assert_eq!(letter.envelope.id, id);
    assert_eq!((letter.attempts, letter.reason.as_str()), (6, "busy"));
    assert_eq!(letter.died_at, world.clock.now());
    assert_eq!(world.bus.deliveries(id), MAX_ATTEMPTS);
    assert!(world.waiting().await.is_empty());
    relay.stop().await;
}

#[tokio::test]
async fn a_retry_is_not_sent_a_millisecond_before_it_is_due() {
    let world = World::new();
    let id = world.commit_one(busy()).await;
    let relay = world.start();
    world.due(id, 1).await;
    world.clock.advance(Duration::from_millis(4_999));
    world.looks_again().await;
    assert_eq!(world.bus.deliveries(id), 1);
    world.bus.answers(id, Outcome::Done);
    world.clock.advance(Duration::from_millis(1));
    world.until_empty().await;
    assert_eq!(world.bus.deliveries(id), 2);
    relay.stop().await;
}

#[tokio::test]
async fn a_rejected_message_is_a_dead_letter_at_once_with_its_reason_and_all_it_carried() {
    let world = World::new();
    let message = world.message();
    world
        .bus
        .answers(message.id, Outcome::Reject("malformed message".to_owned()));
    let sent = message.clone();
    world
        .port()
        .write(move |tx| tx.send(sent.clone()))
        .await
        .unwrap();
    let relay = world.start();
    let letter = eventually("a dead letter", async || world.dead().await.pop()).await;
    assert_eq!(letter.envelope, message);
    assert_eq!(
        (letter.attempts, letter.reason.as_str()),
        (1, "malformed message")
    );
    assert!(world.waiting().await.is_empty());
    relay.stop().await;
}

#[tokio::test]
async fn a_failing_message_holds_up_neither_its_neighbours_nor_what_comes_later() {
    let world = World::new();
    let before = world.commit(3).await;
    let failing = world.commit_one(busy()).await;
    let rejected = world
        .commit_one(Outcome::Reject("malformed".to_owned()))
        .await;
    let after = world.commit(3).await;
    let relay = world.start();
    world.due(failing, 1).await;
    let later = world.commit(5).await;
    eventually("the others sent", async || {
        (world.waiting().await.len() == 1).then_some(())
    })
    .await;
    for id in before.iter().chain(&after).chain(&later) {
        assert_eq!(world.bus.deliveries(*id), 1);
    }
    assert_eq!(world.waiting().await[0].0, failing);
    assert_eq!(world.dead().await[0].envelope.id, rejected);
    assert_eq!(world.bus.deliveries(failing), 1);
    relay.stop().await;
}

#[tokio::test]
async fn news_of_a_commit_is_acted_on_without_waiting_for_the_next_poll() {
    let world = World::new();
    let relay = world.start();
    let started = Instant::now();
    // Twenty rounds; at one poll each they would take ten seconds.
    for _ in 0..20 {
        world.commit(1).await;
        world.until_empty().await;
    }
    assert!(started.elapsed() < 10 * POLL, "{:?}", started.elapsed());
    relay.stop().await;
}

#[tokio::test]
async fn a_message_that_another_connection_wrote_is_found_by_the_poll() {
    let world = World::new();
    let relay = world.start();
    // The first message went out: from here on the relay is idle.
    world.commit(1).await;
    world.until_empty().await;
    let other =
        Sqlite::open_existing(&world.dir.path().join("t.db"), &StoreMetrics::default()).unwrap();
    let message = world.message();
    let id = message.id;
    Store::new(Arc::new(other))
        .write(move |tx| tx.send(message.clone()))
        .await
        .unwrap();
    eventually("the poll", async || {
        (world.bus.deliveries(id) == 1).then_some(())
    })
    .await;
    world.until_empty().await;
    relay.stop().await;
}

#[tokio::test]
async fn what_was_not_noted_before_a_crash_is_sent_again_with_the_same_id() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::with_bus(FakeBus {
        gate: Some(gate.clone()),
        ..FakeBus::default()
    });
    let ids = world.commit(3).await;
    let killed = world.start();
    eventually("a publish", async || {
        (world.bus.published().len() == 3).then_some(())
    })
    .await;
    killed.kill().await;
    assert_eq!(world.waiting().await.len(), 3);

    gate.add_permits(1);
    let relay = world.start();
    world.until_empty().await;
    assert_eq!(world.bus.published(), [ids.clone(), ids].concat());
    relay.stop().await;
}

#[tokio::test]
async fn a_retry_that_was_noted_survives_a_restart_with_its_count_and_its_time() {
    let world = World::new();
    let id = world.commit_one(busy()).await;
    let relay = world.start();
    let due = world.due(id, 1).await;
    relay.stop().await;

    let relay = world.start();
    world.looks_again().await;
    assert_eq!(world.bus.deliveries(id), 1);
    world.clock.advance(due.since(world.clock.now()));
    world.due(id, 2).await;
    assert_eq!(world.bus.deliveries(id), 2);
    relay.stop().await;
}

#[tokio::test]
async fn a_stopping_relay_notes_what_became_of_what_is_on_its_way() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::with_bus(FakeBus {
        gate: Some(gate.clone()),
        ..FakeBus::default()
    });
    world.commit(3).await;
    let relay = world.start();
    eventually("a publish", async || {
        (world.bus.published().len() == 3).then_some(())
    })
    .await;
    relay.stop.cancel();
    gate.add_permits(1);
    relay.stop().await;
    assert!(world.waiting().await.is_empty());
    assert_eq!(world.bus.published().len(), 3);
}

#[tokio::test]
async fn a_replayed_dead_letter_is_sent_again_as_it_was_and_is_none_any_more() {
    let world = World::new();
    let kept = world
        .commit_one(Outcome::Reject("malformed".to_owned()))
        .await;
    let replayed = world
        .commit_one(Outcome::Reject("malformed".to_owned()))
        .await;
    let relay = world.start();
    eventually("two dead letters", async || {
        (world.dead().await.len() == 2).then_some(())
    })
    .await;

    world.bus.answers(replayed, Outcome::Done);
    let letters = Store::new(Arc::new(world.store.clone()));
    assert_eq!(letters.replay(Some(replayed)).await, Ok(1));
    eventually("the replay", async || {
        (world.bus.deliveries(replayed) == 2).then_some(())
    })
    .await;
    world.until_empty().await;
    let dead = world.dead().await;
    assert_eq!((dead.len(), dead[0].envelope.id), (1, kept));
    assert_eq!(world.bus.deliveries(kept), 1);
    relay.stop().await;
}

#[tokio::test]
async fn a_replayed_dead_letter_has_its_six_deliveries_anew() {
    let world = World::new();
    let id = world
        .commit_one(Outcome::Reject("malformed".to_owned()))
        .await;
    let relay = world.start();
    eventually("a dead letter", async || world.dead().await.pop()).await;
    world.bus.answers(id, busy());
    let letters = Store::new(Arc::new(world.store.clone()));
    assert_eq!(letters.replay(None).await, Ok(1));
    let due = world.due(id, 1).await;
    assert_eq!(due, world.clock.now().plus(RETRY_DELAYS[0]));
    relay.stop().await;
}

#[tokio::test]
async fn while_the_broker_is_away_nothing_is_published_and_no_row_is_touched() {
    let away = CancellationToken::new();
    let world = World::with_bus(FakeBus {
        away: Some(away.clone()),
        ..FakeBus::default()
    });
    let ids = world.commit(3).await;
    let relay = world.start();
    eventually("the relay at the bus", async || {
        (world.bus.asked.load(Ordering::SeqCst) > 0).then_some(())
    })
    .await;
    assert!(world.bus.published().is_empty());
    let untouched = world.waiting().await;
    assert!(
        untouched
            .iter()
            .all(|(_, attempts, due)| (*attempts, due.as_millis()) == (0, 0))
    );
    away.cancel();
    world.until_empty().await;
    assert_eq!(world.bus.published(), ids);
    relay.stop().await;
}

#[tokio::test]
async fn a_relay_stops_while_the_broker_is_away() {
    let world = World::with_bus(FakeBus {
        away: Some(CancellationToken::new()),
        ..FakeBus::default()
    });
    world.commit(1).await;
    world.start().stop().await;
    assert_eq!(world.waiting().await.len(), 1);
}

#[tokio::test]
async fn what_nobody_could_be_given_is_tried_every_two_seconds_and_never_given_up() {
    let world = World::new();
    let id = world
        .commit_one(Outcome::Undeliverable("nobody".to_owned()))
        .await;
    let relay = world.start();
    for deliveries in 1..=2 * MAX_ATTEMPTS {
        eventually("a delivery", async || {
            (world.bus.deliveries(id) == deliveries).then_some(())
        })
        .await;
        let expected = world.clock.now().plus(UNDELIVERED);
        eventually("the note", async || {
            let due = world.due(id, 1).await;
            (due == expected).then_some(())
        })
        .await;
        world.clock.advance(UNDELIVERED);
    }
    assert!(world.dead().await.is_empty());
    world.bus.answers(id, Outcome::Done);
    world.until_empty().await;
    relay.stop().await;
}
