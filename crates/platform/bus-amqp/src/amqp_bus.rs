//! The RabbitMQ bus: two connections, the publisher and the consumers, and their shutdown.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::{Envelope, Kind};
use kernel::Clock;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::broker::{Broker, SYSTEM};
use super::consumer::Consuming;
use super::hints::{self, HintReceiver, HintSender};
use super::link::Link;
use super::message::{seal, short};
use super::publisher::{Parcel, Publisher};
use super::topology::{Bound, Topology};
use bus::{Bus, Outcome, Subscription, Tasks};
use telemetry::metrics::BusMetrics;

/// Shutdown limit, applied twice: for consumers to finish their current batches, then for publishes in flight.
const FINISH: Duration = Duration::from_secs(4);

/// A [`Bus`] over RabbitMQ.
pub struct AmqpBus {
    service: &'static str,
    topology: Arc<Topology>,
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
        let names = broker.names();
        let queues = subscriptions.iter().map(|subscription| Bound {
            names: names.queue(subscription.queue),
            messages: subscription.messages.clone(),
        });
        let topology = Arc::new(Topology {
            queues: queues.collect(),
            names,
        });
        let publishing = Link::default();
        let bus = Arc::new(Self {
            service,
            topology: topology.clone(),
            publisher: Arc::new(Publisher::new(publishing.clone())),
            publishing,
            consuming: Link::default(),
            tasks: tasks.clone(),
        });
        let consumers = TaskTracker::new();
        for (subscription, queue) in subscriptions.into_iter().zip(&topology.queues) {
            let consuming = Consuming {
                subscription,
                queue: queue.clone(),
                topology: topology.clone(),
                link: bus.consuming.clone(),
                publisher: bus.publisher.clone(),
                clock: clock.clone(),
                metrics: metrics.clone(),
            };
            let consumers = consumers.clone();
            tasks.spawn(|stop| consumers.track_future(consuming.run(stop)));
        }
        consumers.close();
        for (connection, link) in [("publish", &bus.publishing), ("consume", &bus.consuming)] {
            let link = link.clone();
            metrics.connection(connection, move || link.live().is_some());
        }
        bus.keep_connected(broker, consumers);
        bus
    }

    /// Keeps both connections up until the consumers have stopped and no publish is in flight.
    fn keep_connected(&self, broker: &Broker, consumers: TaskTracker) {
        let close = CancellationToken::new();
        for (link, what) in [(&self.publishing, "publish"), (&self.consuming, "consume")] {
            let (link, close) = (link.clone(), close.clone());
            let (address, topology) = (broker.to_dial(), self.topology.clone());
            let name = format!("{} {what}", self.service);
            self.tasks
                .spawn(|_| async move { link.keep_up(&address, &name, &topology, &close).await });
        }
        let publisher = self.publisher.clone();
        self.tasks.spawn(|stop| async move {
            stop.cancelled().await;
            if timeout(FINISH, consumers.wait()).await.is_err() {
                tracing::warn!(
                    "a consumer is not done with what it has in hand; it will be delivered again"
                );
            }
            if timeout(FINISH, publisher.idle()).await.is_err() {
                tracing::warn!(
                    "not all that was published is confirmed; it will be published again"
                );
            }
            close.cancel();
        });
    }

    /// A channel for hints between the replicas of this service: see [`HintSender`].
    #[must_use]
    pub fn hints(&self, name: &str) -> (HintSender, HintReceiver) {
        let (sender, receiver, hints) = hints::hints(self.topology.names.hints(name));
        let (publishing, consuming) = (self.publishing.clone(), self.consuming.clone());
        self.tasks
            .spawn(|stop| hints.run(publishing, consuming, stop));
        (sender, receiver)
    }

    fn parcel(&self, envelope: &Envelope) -> Parcel {
        Parcel {
            exchange: short(&self.exchange(envelope.kind)),
            routing_key: short(&envelope.name),
            properties: seal(envelope, 0),
            body: envelope.body.clone(),
        }
    }

    fn exchange(&self, kind: Kind) -> String {
        self.topology.exchange(kind)
    }
}

#[async_trait]
impl Bus for AmqpBus {
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let parcels: Vec<Parcel> = batch.iter().map(|envelope| self.parcel(envelope)).collect();
        let confirmed = self.publisher.publish(&parcels).await;
        confirmed
            .into_iter()
            .map(|confirmed| confirmed.map_or_else(Outcome::Undeliverable, |()| Outcome::Done))
            .collect()
    }

    async fn ready(&self) {
        self.publisher.ready().await;
    }

    fn system(&self) -> &'static str {
        SYSTEM
    }
}
