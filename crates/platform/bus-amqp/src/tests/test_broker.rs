//! The tests' broker, and a namespace in it that is deleted at the end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use contracts::Kind;
use kernel::{Clock, IdSource, SystemClock, SystemIds};
use lapin::options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};

use crate::{AmqpBus, Broker};
use bus::Subscription;
use bus::Tasks;
use telemetry::metrics::BusMetrics;

/// The address of the tests' broker.
pub(super) fn uri() -> String {
    std::env::var("MARKETPLACE_TEST_AMQP").expect(
        "MARKETPLACE_TEST_AMQP is not set: run ./scripts/test, which starts a RabbitMQ for the tests and sets it",
    )
}

pub(super) struct TestBroker {
    pub(super) real: Broker,
    queues: Vec<&'static str>,
}

impl TestBroker {
    pub(super) fn with_a_namespace() -> Self {
        Self::at(&uri())
    }

    /// The broker through another address.
    pub(super) fn at(uri: &str) -> Self {
        let namespace = format!("test-{}", SystemIds::default().next().simple());
        let mut real = Broker::of(uri, None, &namespace).unwrap();
        real.names.delays = [20, 30, 40].map(Duration::from_millis);
        Self {
            real,
            queues: Vec::new(),
        }
    }

    /// A bus in the namespace, as one replica of a service runs it.
    pub(super) fn bus(&mut self, subscriptions: Vec<Subscription>, tasks: &Tasks) -> Arc<AmqpBus> {
        self.queues
            .extend(subscriptions.iter().map(|subscription| subscription.queue));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        AmqpBus::start(
            &self.real,
            "test",
            subscriptions,
            &clock,
            &BusMetrics::default(),
            tasks,
        )
    }

    /// The test's own channel, straight to the broker.
    pub(super) async fn admin(&self) -> (Connection, Channel) {
        let connection = Connection::connect(&uri(), ConnectionProperties::default())
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        (connection, channel)
    }

    /// Messages in `queue` (its name in the broker) that are not with a consumer; `None` if the queue does not exist.
    pub(super) async fn ready_in(&self, queue: &str) -> Option<u32> {
        let (_connection, channel) = self.admin().await;
        let look = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = channel
            .queue_declare(queue.into(), look, FieldTable::default())
            .await;
        queue.ok().map(|queue| queue.message_count())
    }

    /// Stops the `tasks` and deletes everything in the namespace.
    pub(super) async fn end(self, tasks: Tasks) {
        tasks.drain(Duration::from_secs(10)).await;
        let (_connection, channel) = self.admin().await;
        let names = &self.real.names;
        for queue in self.queues.iter().collect::<BTreeSet<_>>() {
            let queue = names.queue(queue);
            let retries = queue.retries.iter().map(|(name, _)| name);
            for name in retries.chain([&queue.main, &queue.dead]) {
                channel
                    .queue_delete(name.as_str().into(), QueueDeleteOptions::default())
                    .await
                    .unwrap();
            }
        }
        for exchange in [
            names.exchange(Kind::Event),
            names.exchange(Kind::Command),
            names.hints("test"),
        ] {
            channel
                .exchange_delete(exchange.into(), ExchangeDeleteOptions::default())
                .await
                .unwrap();
        }
    }
}
