//! The RabbitMQ bus: two connections, the publisher and the consumers, and their shutdown.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Envelope;
use kernel::Clock;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::broker::{Broker, Names, SYSTEM};
use super::consumer::Consuming;
use super::hints;
use super::link::Link;
use super::message::{seal, short};
use super::publisher::{Parcel, Publisher};
use super::topology::Queues;
use bus::{Bus, Outcome, Subscription, Tasks};
use telemetry::metrics::BusMetrics;

/// Shutdown limit, applied twice: for consumers to finish their current batches, then for publishes in flight.
const FINISH: Duration = Duration::from_secs(4);

/// A [`Bus`] over RabbitMQ.
pub struct AmqpBus {
    names: Names,
    publishing: Link,
    consuming: Link,
    publisher: Arc<Publisher>,
    tasks: Tasks,
}

impl AmqpBus {
    /// Whether both connections are up.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.publishing.live().is_some() && self.consuming.live().is_some()
    }

    /// Starts to connect, publish and consume in the background, whether or not the broker is up. When `tasks` are drained, consumers
    /// finish their current batches; then the connections close.
    #[must_use]
    pub fn start(
        broker: &Broker,
        service: &'static str,
        subscriptions: Vec<Subscription>,
        clock: &Arc<dyn Clock>,
        metrics: &BusMetrics,
        tasks: &Tasks,
    ) -> Arc<Self> {
        let names = &broker.names;
        let queues = subscriptions.iter();
        let queues = queues.map(|queue| (names.queue(queue.queue), queue.messages.clone()));
        let queues: Arc<Queues> = queues.collect();
        let (publishing, consuming) = (Link::default(), Link::default());
        let publisher = Arc::new(Publisher::new(publishing.clone()));
        let consumers = TaskTracker::new();
        for subscription in subscriptions {
            let consuming = Consuming {
                queue: names.queue(subscription.queue),
                subscription,
                link: consuming.clone(),
                publisher: publisher.clone(),
                clock: clock.clone(),
                metrics: metrics.clone(),
            };
            tasks.spawn(|stop| consumers.track_future(consuming.run(stop)));
        }
        consumers.close();
        let close = CancellationToken::new();
        for (what, link) in [("publish", &publishing), ("consume", &consuming)] {
            let watched = link.clone();
            metrics.connection(what, move || watched.live().is_some());
            let (link, close) = (link.clone(), close.clone());
            let (broker, queues) = (broker.clone(), queues.clone());
            let name = format!("{service} {what}");
            tasks.spawn(|_| async move { link.keep_up(&broker, &name, &queues, &close).await });
        }
        let last = publisher.clone();
        tasks.spawn(|stop| async move {
            stop.cancelled().await;
            finish(&consumers, &last).await;
            close.cancel();
        });
        Arc::new(Self {
            names: names.clone(),
            publishing,
            consuming,
            publisher,
            tasks: tasks.clone(),
        })
    }

    /// Best-effort broadcast between the replicas of this service: see `hints`. Carries what is `announced`, and returns what any replica
    /// announced.
    #[must_use]
    pub fn hints(&self, name: &str, announced: mpsc::Receiver<Bytes>) -> mpsc::Receiver<Bytes> {
        let links = (self.publishing.clone(), self.consuming.clone());
        hints::carry(self.names.hints(name), announced, links, &self.tasks)
    }
}

/// Waits until the consumers have stopped and no publish is in flight.
async fn finish(consumers: &TaskTracker, publisher: &Publisher) {
    if timeout(FINISH, consumers.wait()).await.is_err() {
        tracing::warn!(
            "a consumer is not done with what it has in hand; it will be delivered again"
        );
    }
    if timeout(FINISH, publisher.idle()).await.is_err() {
        tracing::warn!("not all that was published is confirmed; it will be published again");
    }
}

#[async_trait]
impl Bus for AmqpBus {
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let parcels: Vec<Parcel> = batch
            .iter()
            .map(|envelope| Parcel {
                exchange: short(&self.names.exchange(envelope.kind)),
                routing_key: short(&envelope.name),
                properties: seal(envelope, 0),
                body: envelope.body.clone(),
            })
            .collect();
        let confirmed = self.publisher.publish(&parcels).await;
        confirmed
            .into_iter()
            .map(|confirmed| confirmed.map_or_else(Outcome::Undeliverable, |()| Outcome::Done))
            .collect()
    }

    async fn ready(&self) {
        self.publishing.up().await;
    }

    fn system(&self) -> &'static str {
        SYSTEM
    }
}
