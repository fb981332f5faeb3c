//! Consumes one queue: takes what has arrived, hands it to the handler once, moves failed messages on, then acknowledges. Nothing is
//! acknowledged before its handler has returned and the broker has confirmed the failed messages in another queue. A crash at any point
//! therefore causes a redelivery.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contracts::Envelope;
use futures_util::StreamExt;
use kernel::Clock;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Consumer};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::broker::{QueueNames, SYSTEM};
use super::error::AmqpError;
use super::link::{Link, Live, within};
use super::message::{attempts, bury, open, seal, short};
use super::publisher::{Parcel, Publisher};
use bus::{MAX_ATTEMPTS, Outcome, Subscription, handle};
use telemetry::metrics::BusMetrics;

/// Attempts to move failed messages on before they return to the queue.
const TRIES: usize = 3;
/// Delay between those attempts.
const BETWEEN: Duration = Duration::from_secs(1);

/// One queue and its handler.
pub(super) struct Consuming {
    pub(super) subscription: Subscription,
    pub(super) queue: QueueNames,
    pub(super) link: Link,
    pub(super) publisher: Arc<Publisher>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: BusMetrics,
}

impl Consuming {
    /// Consumes until `stop`, then finishes the current batch. Any error abandons the connection. Its successor declares the queue anew,
    /// and the broker redelivers unacknowledged messages.
    pub(super) async fn run(self, stop: CancellationToken) {
        while let Some(live) = stop.run_until_cancelled(self.link.up()).await {
            let Err(error) = self.consume(&live, &stop).await else {
                return;
            };
            tracing::warn!(queue = self.queue.main, %error, "consuming stopped; starting again");
            live.give_up();
        }
    }

    async fn consume(&self, live: &Live, stop: &CancellationToken) -> Result<(), AmqpError> {
        let channel = live.channel().await?;
        let deliveries = self.start(&channel).await?;
        let mut batches = deliveries.ready_chunks(self.subscription.max_batch);
        while let Some(batch) = stop.run_until_cancelled(batches.next()).await {
            // The stream ends when the broker cancels the consumer: the queue was deleted.
            let batch = batch.ok_or(AmqpError::Cancelled)?.into_iter();
            let batch = batch.collect::<lapin::Result<Vec<_>>>();
            self.settle(&channel, batch.map_err(AmqpError::Broker)?)
                .await?;
        }
        Ok(())
    }

    async fn start(&self, channel: &Channel) -> Result<Consumer, AmqpError> {
        // One batch in the handler, one in flight.
        let prefetch = u16::try_from(2 * self.subscription.max_batch).unwrap_or(u16::MAX);
        within(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        within(channel.basic_consume(
            short(&self.queue.main),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        ))
        .await
    }

    /// Handles `batch`, moves failed messages on, then acknowledges.
    async fn settle(&self, channel: &Channel, batch: Vec<Delivery>) -> Result<(), AmqpError> {
        let tags: Vec<u64> = batch.iter().map(|delivery| delivery.delivery_tag).collect();
        let mut moves = self.moves(batch).await;
        let mut tries = 0;
        while !moves.is_empty() && tries < TRIES {
            if tries > 0 {
                sleep(BETWEEN).await;
            }
            tries += 1;
            let parcels: Vec<Parcel> = moves.iter().map(|(_, parcel)| parcel.clone()).collect();
            let mut confirmed = self.publisher.publish(&parcels).await.into_iter();
            moves.retain(|_| {
                let Some(Err(reason)) = confirmed.next() else {
                    return false;
                };
                let queue = &self.queue.main;
                tracing::warn!(queue, reason, "a failed message cannot be moved on");
                true
            });
        }
        if moves.is_empty() {
            // Batches are settled in order, so everything up to the last tag of this one is done.
            let Some(last) = tags.last() else {
                return Ok(());
            };
            return within(channel.basic_ack(*last, BasicAckOptions { multiple: true })).await;
        }
        let stuck: Vec<u64> = moves.iter().map(|(tag, _)| *tag).collect();
        for tag in tags.into_iter().filter(|tag| !stuck.contains(tag)) {
            within(channel.basic_ack(tag, BasicAckOptions::default())).await?;
        }
        Err(AmqpError::Unconfirmed(format!(
            "{} that failed cannot be moved on",
            stuck.len()
        )))
    }

    /// Handles `batch` and returns the messages that must move to another queue.
    async fn moves(&self, batch: Vec<Delivery>) -> Vec<(u64, Parcel)> {
        let mut moves = Vec::new();
        let mut read = Vec::with_capacity(batch.len());
        let mut messages = Vec::with_capacity(batch.len());
        for delivery in batch {
            let (tag, properties) = (delivery.delivery_tag, delivery.properties);
            let body = Bytes::from(delivery.data);
            let attempts = attempts(&properties).saturating_add(1);
            match open(&properties, body.clone()) {
                Ok(envelope) => {
                    read.push((tag, attempts));
                    messages.push(Arc::new(envelope));
                }
                Err(reason) => {
                    self.metrics.undecodable(self.subscription.queue);
                    moves.push((tag, self.dead(properties, body, attempts, &reason)));
                }
            }
        }
        if messages.is_empty() {
            return moves;
        }
        let (outcomes, spans) =
            handle(SYSTEM, &self.subscription, messages.clone(), &self.metrics).await;
        let handled = read.into_iter().zip(messages).zip(outcomes).enumerate();
        moves.extend(
            handled.filter_map(|(place, (((tag, attempts), message), outcome))| {
                let _lines = spans.about(place);
                Some((tag, self.move_on(&message, attempts, outcome)?))
            }),
        );
        moves
    }

    /// Where a message goes after `attempts` deliveries, unless it is done.
    fn move_on(&self, message: &Envelope, attempts: u32, outcome: Outcome) -> Option<Parcel> {
        let (queue, id, name) = (self.subscription.queue, message.id, &message.name);
        let reason = match outcome {
            Outcome::Done => return None,
            Outcome::Retry(reason) | Outcome::Undeliverable(reason) => {
                let tried = usize::try_from(attempts).unwrap_or(usize::MAX);
                let again = self.queue.retry(tried);
                if let Some(retry) = again.filter(|_| tried < MAX_ATTEMPTS) {
                    tracing::warn!(queue, %id, name, attempts, reason, "message will be tried again");
                    let properties = seal(message, attempts);
                    return Some(Parcel::to(retry, properties, message.body.clone()));
                }
                tracing::error!(queue, %id, name, attempts, reason, "message given up");
                reason
            }
            Outcome::Reject(reason) => {
                tracing::error!(queue, %id, name, reason, "message rejected");
                reason
            }
        };
        let properties = seal(message, attempts);
        Some(self.dead(properties, message.body.clone(), attempts, &reason))
    }

    fn dead(
        &self,
        properties: BasicProperties,
        body: Bytes,
        attempts: u32,
        reason: &str,
    ) -> Parcel {
        self.metrics.gave_up(self.subscription.queue);
        let properties = bury(properties, attempts, reason, self.clock.now());
        Parcel::to(&self.queue.dead, properties, body)
    }
}
