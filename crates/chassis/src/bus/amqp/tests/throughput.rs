//! How fast: not a rule, so it runs only when asked for, in a release build on an idle machine
//! (`cargo test --release -p chassis --all-features publishing_is_fast -- --ignored --nocapture`).

use std::sync::Arc;
use std::time::Instant;

use contracts::Envelope;
use futures_util::future::join_all;

use super::broker::Broker;
use crate::bus::contract::{Recorder, messages, subscription};
use crate::bus::{Bus, Outcome, Subscription};
use crate::lifecycle::Tasks;

const BATCH: usize = 512;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn publishing_is_fast() {
    for in_flight in [1, 4] {
        let mut broker = Broker::with_a_namespace();
        let (tasks, receiver) = (Tasks::new(), Arc::new(Recorder::default()));
        let wide = Subscription {
            max_batch: 512,
            ..subscription("one", "a", receiver.clone())
        };
        let bus = broker.bus(vec![wide], &tasks);
        bus.ready().await;
        let sent: Vec<Arc<Envelope>> = messages("a", 60 * BATCH)
            .into_iter()
            .map(Arc::new)
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
        receiver
            .until("all handled", |it| it.seen().len() == sent.len())
            .await;
        let rate = |span: std::time::Duration| {
            f64::from(u32::try_from(sent.len()).unwrap()) / span.as_secs_f64()
        };
        println!(
            "{in_flight} in flight: {:.0}/s published, {:.0}/s handled",
            rate(published),
            rate(begun.elapsed())
        );
        broker.end(tasks).await;
    }
}
