//! The in-process bus. A publish is confirmed only when every receiver has committed, so after a crash the sender's outbox sends the
//! message again. Nothing exists only in memory.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use contracts::Envelope;
use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};

use super::handling::handle;
use super::{Bus, Outcome, Subscription};
use telemetry::MessageSpans;
use telemetry::metrics::BusMetrics;

/// Parcels that a queue holds before publishers have to wait.
const QUEUE: usize = 64;

struct Parcel {
    messages: Vec<Arc<Envelope>>,
    confirm: oneshot::Sender<Vec<Outcome>>,
}

#[derive(Clone)]
struct Queue {
    name: &'static str,
    messages: Arc<[String]>,
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
        let queue = Queue {
            name: subscription.queue,
            messages: subscription.messages.clone().into(),
            parcels,
        };
        self.queues
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(queue);
        tokio::spawn(consume(subscription, arriving, self.metrics.clone()));
    }

    fn bound_to(&self) -> Vec<Queue> {
        self.queues
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let queues = self.bound_to();
        // None until a receiver has answered: a message without a bound queue stays with its sender.
        let mut outcomes: Vec<Option<Outcome>> = batch.iter().map(|_| None).collect();
        let deliveries = queues.iter().filter_map(|queue| {
            let (places, messages): (Vec<usize>, Vec<Arc<Envelope>>) = batch
                .iter()
                .enumerate()
                .filter(|(_, message)| queue.messages.contains(&message.name))
                .map(|(place, message)| (place, message.clone()))
                .unzip();
            (!places.is_empty()).then(|| deliver(queue, places, messages))
        });
        for (place, outcome) in join_all(deliveries).await.into_iter().flatten() {
            if let Some(slot) = outcomes.get_mut(place) {
                *slot = Some(worse(slot.take(), outcome));
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
    let gone = || Outcome::Undeliverable(format!("queue {} has stopped", queue.name));
    let outcomes = match queue.parcels.send(Parcel { messages, confirm }).await {
        Ok(()) => confirmed.await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let mut outcomes = outcomes.into_iter();
    places
        .into_iter()
        .map(|place| (place, outcomes.next().unwrap_or_else(gone)))
        .collect()
}

/// A message is done when all its receivers are done; otherwise the worst outcome counts.
fn worse(one: Option<Outcome>, other: Outcome) -> Outcome {
    one.filter(|one| badness(one) >= badness(&other))
        .unwrap_or(other)
}

fn badness(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Done => 0,
        Outcome::Undeliverable(_) => 1,
        Outcome::Retry(_) => 2,
        Outcome::Reject(_) => 3,
    }
}

async fn consume(
    subscription: Subscription,
    mut arriving: mpsc::Receiver<Parcel>,
    metrics: BusMetrics,
) {
    while let Some(first) = arriving.recv().await {
        let mut parcels = vec![first];
        let mut count = parcels.first().map_or(0, |parcel| parcel.messages.len());
        while count < subscription.max_batch
            && let Ok(parcel) = arriving.try_recv()
        {
            count += parcel.messages.len();
            parcels.push(parcel);
        }
        let messages: Vec<Arc<Envelope>> = parcels
            .iter()
            .flat_map(|parcel| parcel.messages.iter().cloned())
            .collect();
        let spans = MessageSpans::handling("memory", subscription.queue, &messages);
        let outcomes = spans.scope(handle(&subscription, messages, &metrics)).await;
        let mut outcomes = outcomes.into_iter();
        for parcel in parcels {
            let own: Vec<Outcome> = outcomes.by_ref().take(parcel.messages.len()).collect();
            // The publisher may have been stopped. It will send again, and the inbox will recognise the message.
            drop(parcel.confirm.send(own));
        }
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod tests;
