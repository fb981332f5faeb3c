//! Fuzz test of messages: all that services told each other in the lives of some orders, again, out of order, and with random changes.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bus::{Handler, Outcome, Subscription};
use contracts::Envelope;
use futures_util::future::join_all;
use host::testing::{Changes, changes};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::life::Life;
use super::world::World;

/// The fates of orders repeat after so many.
const LIVES: usize = 60;
/// Until the last of them is over.
const DAYS: usize = 50;

/// Writes down what it hears.
#[derive(Default)]
struct Listener(Mutex<Vec<Arc<Envelope>>>);

#[async_trait]
impl Handler for Listener {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let outcomes = vec![Outcome::Done; batch.len()];
        self.0.lock().unwrap().extend(batch);
        outcomes
    }
}

impl World {
    /// Hands `messages` to each queue that is bound to all of their names. Returns the outcomes at each.
    async fn hand_over(&self, messages: &[Arc<Envelope>]) -> Vec<Vec<Outcome>> {
        let bound = |queue: &&Subscription| {
            let is_bound = |message: &Arc<Envelope>| queue.messages.contains(&message.name);
            messages.iter().all(is_bound)
        };
        let queues = self.subscriptions.iter().filter(bound);
        join_all(queues.map(|queue| queue.handler.handle(messages.to_vec()))).await
    }
}

/// Everything that services told each other until every one of these orders was over.
async fn lived_through() -> (World, Vec<Arc<Envelope>>) {
    let listener = Arc::new(Listener::default());
    let world = World::heard_by(listener.clone()).await;
    let mut lives = join_all((0..LIVES).map(|number| Life::begin(&world, number, 0))).await;
    for day in 0..DAYS {
        world.a_day_passes().await;
        join_all(lives.iter_mut().map(|life| life.go_on(&world, day + 1))).await;
    }
    world.comes_to_rest().await;
    let heard = listener.0.lock().unwrap().clone();
    (world, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_again_out_of_order_change_nothing_and_changed_ones_harm_no_other() {
    let (world, heard) = lived_through().await;
    world.assert_audit_is_clean().await;
    for message in heard.iter().rev() {
        for outcomes in world.hand_over(std::slice::from_ref(message)).await {
            assert_eq!(outcomes, [Outcome::Done], "{message:?}");
        }
    }
    world.comes_to_rest().await;
    world.assert_audit_is_clean().await;

    // A changed message is not tested: only its sender can send it.
    let cases = (any::<Index>(), changes());
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let run = |(which, changes): (Index, Changes)| {
        let message = which.get(&heard);
        let changed = Arc::new(Envelope {
            body: changes.of(&message.body).into(),
            ..(**message).clone()
        });
        let batch = [message.clone(), changed.clone(), message.clone()];
        let told = block_in_place(|| Handle::current().block_on(world.hand_over(&batch)));
        prop_assert!(!told.is_empty());
        for outcomes in told {
            let is_done = |place: usize| outcomes.get(place) == Some(&Outcome::Done);
            prop_assert_eq!(outcomes.len(), 3);
            prop_assert!(is_done(0) && is_done(2), "{:?} {:?}", changed, outcomes);
        }
        Ok(())
    };
    TestRunner::new(config).run(&cases, run).unwrap();
    // The services live on.
    Life::begin(&world, LIVES, DAYS).await;
}
