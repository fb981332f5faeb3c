//! The in-process bus. A publish is confirmed only when every receiver has committed, so after a crash the sender's outbox sends the
//! message again. Nothing exists only in memory.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use contracts::Envelope;
use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};

use super::handling::handle;
use super::{Bus, Outcome, Subscription};
use telemetry::metrics::BusMetrics;

/// Parcels that a queue holds before publishers have to wait.
const QUEUE: usize = 64;

struct Parcel {
    messages: Vec<Arc<Envelope>>,
    confirm: oneshot::Sender<Vec<Outcome>>,
}

#[derive(Clone)]
struct Queue {
    subscription: Arc<Subscription>,
    parcels: mpsc::Sender<Parcel>,
}

/// An in-process [`Bus`].
#[derive(Default)]
pub struct MemoryBus {
    queues: RwLock<Vec<Queue>>,
    metrics: BusMetrics,
}

impl MemoryBus {
    /// A bus without queues.
    #[must_use]
    pub fn new(metrics: BusMetrics) -> Self {
        Self {
            queues: RwLock::default(),
            metrics,
        }
    }

    /// Binds a queue and starts handing its messages to its handler. The task ends when the bus is dropped.
    pub fn subscribe(&self, subscription: Subscription) {
        let (parcels, arriving) = mpsc::channel(QUEUE);
        let subscription = Arc::new(subscription);
        tokio::spawn(consume(
            subscription.clone(),
            arriving,
            self.metrics.clone(),
        ));
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.push(Queue {
            subscription,
            parcels,
        });
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let queues = self
            .queues
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        // None until a receiver has answered: a message without a bound queue stays with its sender.
        let mut outcomes: Vec<Option<Outcome>> = batch.iter().map(|_| None).collect();
        let deliveries = queues.iter().filter_map(|queue| {
            let (places, messages): (Vec<usize>, Vec<Arc<Envelope>>) = batch
                .iter()
                .enumerate()
                .filter(|(_, message)| queue.subscription.messages.contains(&message.name))
                .map(|(place, message)| (place, message.clone()))
                .unzip();
            (!places.is_empty()).then(|| deliver(queue, places, messages))
        });
        for (place, outcome) in join_all(deliveries).await.into_iter().flatten() {
            if let Some(slot) = outcomes.get_mut(place) {
                // A message is done when all its receivers are done; otherwise the worst outcome counts.
                *slot = slot.take().max(Some(outcome));
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| {
                outcome
                    .unwrap_or_else(|| Outcome::Undeliverable("no queue is bound to it".to_owned()))
            })
            .collect()
    }

    async fn ready(&self) {}
}

async fn deliver(
    queue: &Queue,
    places: Vec<usize>,
    messages: Vec<Arc<Envelope>>,
) -> Vec<(usize, Outcome)> {
    let (confirm, confirmed) = oneshot::channel();
    let gone = || Outcome::Undeliverable(format!("queue {} has stopped", queue.subscription.queue));
    // A parcel that is not taken is dropped, and its confirm with it.
    drop(queue.parcels.send(Parcel { messages, confirm }).await);
    let outcomes = confirmed.await.unwrap_or_default();
    let mut outcomes = outcomes.into_iter();
    places
        .into_iter()
        .map(|place| (place, outcomes.next().unwrap_or_else(gone)))
        .collect()
}

async fn consume(
    subscription: Arc<Subscription>,
    mut arriving: mpsc::Receiver<Parcel>,
    metrics: BusMetrics,
) {
    while let Some(first) = arriving.recv().await {
        let mut batch = Vec::new();
        let mut publishers = Vec::new();
        let mut next = Some(first);
        while let Some(Parcel { messages, confirm }) = next.take() {
            publishers.push((messages.len(), confirm));
            batch.extend(messages);
            if batch.len() < subscription.max_batch {
                next = arriving.try_recv().ok();
            }
        }
        let (outcomes, _spans) = handle("memory", &subscription, batch, &metrics).await;
        let mut outcomes = outcomes.into_iter();
        for (count, confirm) in publishers {
            // The publisher may have been stopped. It will send again, and the inbox will recognise the message.
            drop(confirm.send(outcomes.by_ref().take(count).collect()));
        }
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;
