//! Runs the bus contract against the in-memory bus.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::MessageId;

use store::DeadLetter;

use crate::bus_contract;
use crate::contract::{Sender, World};
use crate::{Bus, MemoryBus, Subscription};

struct Memory {
    bus: Arc<MemoryBus>,
    sender: Sender,
}

#[async_trait]
impl World for Memory {
    async fn start(subscriptions: Vec<Subscription>) -> Self {
        let bus = Arc::new(MemoryBus::default());
        for subscription in subscriptions {
            bus.subscribe(subscription);
        }
        Self {
            sender: Sender::over(bus.clone()),
            bus,
        }
    }

    async fn bind(&mut self, subscription: Subscription) {
        self.bus.subscribe(subscription);
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn sender(&self) -> &Sender {
        &self.sender
    }

    async fn dead(&self, _queue: &'static str) -> Vec<DeadLetter> {
        self.sender.dead()
    }

    async fn replay(&self, _queue: &'static str, message: Option<MessageId>) -> usize {
        self.sender.replay(message)
    }

    async fn end(self) {
        self.sender.stop().await;
    }
}

bus_contract!(Memory);
