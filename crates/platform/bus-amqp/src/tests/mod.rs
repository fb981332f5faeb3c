//! The bus over RabbitMQ against a real one: the contract of the bus, and what happens when the broker goes away.

mod faults;
mod hints;
mod letters;
mod proxy;
mod test_broker;

use std::sync::Arc;

use async_trait::async_trait;
use kernel::MessageId;

use self::test_broker::TestBroker;
use crate::{AmqpBus, list_dead_letters, replay_dead_letters};
use bus::contract::{Sender, World};
use bus::{Bus, Subscription, Tasks, bus_contract};
use store::DeadLetter;

/// A bus in a namespace of its own.
struct Rabbit {
    broker: TestBroker,
    bus: Arc<AmqpBus>,
    sender: Sender,
    tasks: Tasks,
}

#[async_trait]
impl World for Rabbit {
    async fn start(subscriptions: Vec<Subscription>) -> Self {
        let mut broker = TestBroker::with_a_namespace();
        let tasks = Tasks::new();
        let bus = broker.bus(subscriptions, &tasks);
        Self {
            sender: Sender::over(bus.clone()),
            broker,
            bus,
            tasks,
        }
    }

    async fn bind(&mut self, subscription: Subscription) {
        drop(self.broker.bus(vec![subscription], &self.tasks));
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn sender(&self) -> &Sender {
        &self.sender
    }

    async fn taken_over(&self) {
        self.sender.until_sent().await;
    }

    async fn dead(&self, queue: &'static str) -> Vec<DeadLetter> {
        list_dead_letters(&self.broker.real, queue).await.unwrap()
    }

    async fn replay(&self, queue: &'static str, message: Option<MessageId>) -> usize {
        replay_dead_letters(&self.broker.real, queue, message)
            .await
            .unwrap()
    }

    async fn end(self) {
        self.sender.stop().await;
        self.broker.end(self.tasks).await;
    }
}

bus_contract!(Rabbit);
