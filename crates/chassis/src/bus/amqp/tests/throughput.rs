//! How fast: not a rule, so it runs only when asked for, in a release build on an idle machine
//! (`cargo test --release -p chassis --all-features publishing_is_fast -- --ignored --nocapture`). Beside the bus, what a bare
//! lapin loop reaches with the same broker in the same run: a queue of the same kind, no headers, no `mandatory`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use contracts::{Envelope, Kind};
use futures_util::future::join_all;
use lapin::BasicProperties;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};

use super::broker::Broker;
use crate::bus::contract::{Recorder, messages, subscription};
use crate::bus::{Bus, Outcome, Subscription};
use crate::lifecycle::Tasks;

const BATCH: usize = 512;
const BATCHES: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn publishing_is_fast() {
    for kind in [Kind::Event, Kind::Command] {
        for in_flight in [1, 4] {
            measure(kind, in_flight).await;
        }
    }
}

async fn measure(kind: Kind, in_flight: usize) {
    let mut broker = Broker::with_a_namespace();
    let (tasks, receiver) = (Tasks::new(), Recorder::gated());
    let wide = Subscription {
        max_batch: 512,
        ..subscription("one", "a", receiver.clone())
    };
    let bus = broker.bus(vec![wide], &tasks);
    bus.ready().await;
    let sent: Vec<Arc<Envelope>> = messages("a", BATCHES * BATCH)
        .into_iter()
        .map(|message| Arc::new(Envelope { kind, ..message }))
        .collect();

    let begun = Instant::now();
    for batches in sent.chunks(in_flight * BATCH) {
        let batches = batches
            .chunks(BATCH)
            .map(|batch| bus.publish(batch.to_vec()));
        for outcomes in join_all(batches).await {
            assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Done));
        }
    }
    let published = begun.elapsed();
    // Only now, so that the broker does one thing at a time.
    let begun = Instant::now();
    receiver.open();
    receiver
        .until("all handled", |it| it.seen().len() == sent.len())
        .await;
    let handled = begun.elapsed();
    let bare = bare_loop(&broker).await;
    println!(
        "{kind:?}, {in_flight} in flight: {}/s published (bare loop {}/s), {}/s handled",
        rate(published),
        rate(bare),
        rate(handled)
    );
    broker.end(tasks).await;
}

/// The same number of messages of the same size, straight to a queue that nobody reads.
async fn bare_loop(broker: &Broker) -> Duration {
    let (_connection, channel) = broker.admin().await;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    let queue = broker.config.names().queue("one").dead;
    let begun = Instant::now();
    for _ in 0..BATCHES {
        let publishes = (0..BATCH).map(|_| async {
            let publish = channel.basic_publish(
                "".into(),
                queue.as_str().into(),
                BasicPublishOptions::default(),
                b"body",
                BasicProperties::default().with_delivery_mode(2),
            );
            publish.await.unwrap().await.unwrap()
        });
        assert!(
            join_all(publishes)
                .await
                .iter()
                .all(lapin::Confirmation::is_ack)
        );
    }
    begun.elapsed()
}

fn rate(span: Duration) -> u64 {
    let messages = u128::try_from(BATCHES * BATCH).unwrap();
    u64::try_from(messages * 1_000 / span.as_millis()).unwrap()
}
