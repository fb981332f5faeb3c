//! Consumes one queue: takes what has arrived, hands it to the handler once, moves failed messages on, then acknowledges. Nothing is
//! acknowledged before its handler has returned and the broker has confirmed the failed messages in another queue. A crash at any point
//! therefore causes a redelivery.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contracts::Envelope;
use futures_util::{FutureExt, StreamExt};
use kernel::{Backoff, Clock};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Consumer};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::broker::SYSTEM;
use super::error::AmqpError;
use super::link::{BACKOFF, Link, Live, within};
use super::message::{Opened, attempts, bury, open, seal, short};
use super::publisher::{Parcel, Publisher};
use super::topology::{Bound, Topology};
use bus::{MAX_ATTEMPTS, Outcome, Subscription, handle};
use telemetry::metrics::BusMetrics;

/// Attempts to move failed messages on before they return to the queue.
const TRIES: usize = 3;
/// Delay between those attempts.
const BETWEEN: Duration = Duration::from_secs(1);
/// Timeout for an orderly close.
const GOODBYE: Duration = Duration::from_secs(2);

/// One queue and its handler.
pub(super) struct Consuming {
    pub(super) subscription: Subscription,
    pub(super) queue: Bound,
    pub(super) topology: Arc<Topology>,
    pub(super) link: Link,
    pub(super) publisher: Arc<Publisher>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: BusMetrics,
}

impl Consuming {
    /// Consumes until `stop`, then finishes the current batch.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut backoff = BACKOFF;
        loop {
            let live = tokio::select! {
                () = stop.cancelled() => return,
                live = self.link.up() => live,
            };
            match self.consume(&live, &stop, &mut backoff).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(queue = self.queue.names.main, %error, "consuming stopped; starting again");
                    if matches!(error, AmqpError::Silent) {
                        live.give_up();
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(backoff.delay()) => {}
            }
        }
    }

    /// Consumes over `live` until `stop`. On any error the channel closes, and the broker redelivers unacknowledged messages.
    async fn consume(
        &self,
        live: &Live,
        stop: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<(), AmqpError> {
        let channel = live.channel().await?;
        within(self.topology.declare_queue(&channel, &self.queue)).await?;
        let mut deliveries = self.start(&channel).await?;
        let outcome = loop {
            let first = tokio::select! {
                biased;
                () = stop.cancelled() => break Ok(()),
                first = deliveries.next() => first,
            };
            let batch = match self.batch(first, &mut deliveries) {
                Ok(batch) => batch,
                Err(error) => break Err(error),
            };
            if let Err(error) = self.settle(&channel, batch).await {
                break Err(error);
            }
            *backoff = BACKOFF;
        };
        self.end(&channel, &deliveries).await;
        outcome
    }

    async fn start(&self, channel: &Channel) -> Result<Consumer, AmqpError> {
        // One batch in the handler, one in flight.
        let prefetch = u16::try_from(2 * self.subscription.max_batch).unwrap_or(u16::MAX);
        within(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        within(channel.basic_consume(
            short(&self.queue.names.main),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        ))
        .await
    }

    /// What has arrived, at most one batch.
    fn batch(
        &self,
        first: Option<lapin::Result<Delivery>>,
        deliveries: &mut Consumer,
    ) -> Result<Vec<Delivery>, AmqpError> {
        let mut batch = Vec::new();
        let mut next = first;
        loop {
            // The stream ends when the broker cancels the consumer: the queue was deleted.
            batch.push(
                next.ok_or(AmqpError::Cancelled)?
                    .map_err(AmqpError::Broker)?,
            );
            if batch.len() >= self.subscription.max_batch {
                return Ok(batch);
            }
            match deliveries.next().now_or_never() {
                Some(another) => next = another,
                None => return Ok(batch),
            }
        }
    }

    /// Handles `batch`, moves failed messages on, then acknowledges.
    async fn settle(&self, channel: &Channel, batch: Vec<Delivery>) -> Result<(), AmqpError> {
        let tags: Vec<u64> = batch.iter().map(|delivery| delivery.delivery_tag).collect();
        let mut moves = self.moves(batch).await;
        for tried in 1.. {
            moves = self.publish(moves).await;
            if moves.is_empty() || tried >= TRIES {
                break;
            }
            sleep(BETWEEN).await;
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

    /// Publishes `moves` and returns the unconfirmed ones.
    async fn publish(&self, moves: Vec<(u64, Parcel)>) -> Vec<(u64, Parcel)> {
        if moves.is_empty() {
            return moves;
        }
        let parcels: Vec<Parcel> = moves.iter().map(|(_, parcel)| parcel.clone()).collect();
        let confirmed = self.publisher.publish(&parcels).await;
        moves
            .into_iter()
            .zip(confirmed)
            .filter_map(|(moved, confirmed)| {
                let reason = confirmed.err()?;
                tracing::warn!(
                    queue = self.queue.names.main,
                    reason,
                    "a failed message cannot be moved on"
                );
                Some(moved)
            })
            .collect()
    }

    /// Handles `batch` and returns the messages that must move to another queue.
    async fn moves(&self, batch: Vec<Delivery>) -> Vec<(u64, Parcel)> {
        let mut moves = Vec::new();
        let mut read: Vec<(u64, Opened)> = Vec::with_capacity(batch.len());
        for delivery in batch {
            let Delivery {
                delivery_tag,
                properties,
                data,
                ..
            } = delivery;
            let body = Bytes::from(data);
            match open(&properties, body.clone()) {
                Ok(opened) => read.push((delivery_tag, opened)),
                Err(reason) => {
                    self.metrics.undecodable(self.subscription.queue);
                    let attempts = attempts(&properties).saturating_add(1);
                    moves.push((delivery_tag, self.dead(properties, body, attempts, &reason)));
                }
            }
        }
        let messages: Vec<Arc<Envelope>> = read
            .iter()
            .map(|(_, opened)| Arc::new(opened.envelope.clone()))
            .collect();
        if messages.is_empty() {
            return moves;
        }
        let (outcomes, spans) = handle(SYSTEM, &self.subscription, messages, &self.metrics).await;
        moves.extend(read.into_iter().zip(outcomes).enumerate().filter_map(
            |(place, ((tag, opened), outcome))| {
                let _lines = spans.about(place);
                Some((tag, self.move_on(&opened, outcome)?))
            },
        ));
        moves
    }

    /// Where a handled message goes, unless it is done.
    fn move_on(&self, opened: &Opened, outcome: Outcome) -> Option<Parcel> {
        let attempts = opened.attempts.saturating_add(1);
        let envelope = &opened.envelope;
        let (queue, id, name) = (self.subscription.queue, envelope.id, &envelope.name);
        match outcome {
            Outcome::Done => None,
            Outcome::Retry(reason) | Outcome::Undeliverable(reason) => {
                let tried = usize::try_from(attempts).unwrap_or(usize::MAX);
                let again = self.queue.names.retry(tried);
                if let Some(retry) = again.filter(|_| tried < MAX_ATTEMPTS) {
                    tracing::warn!(queue, %id, name, attempts, reason, "message will be tried again");
                    let body = envelope.body.clone();
                    return Some(parcel(retry, seal(envelope, attempts), body));
                }
                tracing::error!(queue, %id, name, attempts, reason, "message given up");
                Some(self.bury(envelope, attempts, &reason))
            }
            Outcome::Reject(reason) => {
                tracing::error!(queue, %id, name, reason, "message rejected");
                Some(self.bury(envelope, attempts, &reason))
            }
        }
    }

    fn bury(&self, envelope: &Envelope, attempts: u32, reason: &str) -> Parcel {
        let properties = seal(envelope, attempts);
        self.dead(properties, envelope.body.clone(), attempts, reason)
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
        parcel(&self.queue.names.dead, properties, body)
    }

    /// Cancels the consumer and closes the channel, so that prefetched messages go to other consumers at once.
    async fn end(&self, channel: &Channel, deliveries: &Consumer) {
        let goodbye = async {
            channel
                .basic_cancel(deliveries.tag(), BasicCancelOptions::default())
                .await?;
            channel.close(200, "OK".into()).await
        };
        match timeout(GOODBYE, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(queue = self.queue.names.main, %error, "the channel was gone before it was closed");
            }
            Err(_) => tracing::warn!(
                queue = self.queue.names.main,
                "the message broker does not answer a goodbye"
            ),
        }
    }
}

/// A parcel addressed to `queue` directly: the default exchange routes by queue name.
pub(super) fn parcel(queue: &str, properties: BasicProperties, body: Bytes) -> Parcel {
    Parcel {
        exchange: "".into(),
        routing_key: short(queue),
        properties,
        body,
    }
}
