//! Publishing with confirms: a batch is a barrier.
//!
//! The broker returns a message that no queue takes before it confirms it. When publishes are pipelined, lapin attaches a returned
//! message to whichever confirm completes next, so a single confirm proves nothing. A batch therefore has a channel to itself until every
//! confirm has arrived. By then each return has arrived too, and its message id identifies the message.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kernel::MessageId;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error::AmqpError;
use super::link::{Link, Live, within};
use super::message::message_id;

/// Channels, and thus batches in flight at once: the relay's, and consumers' retries.
const CHANNELS: u32 = 6;
/// Timeout for confirming a batch.
const CONFIRM: Duration = Duration::from_secs(5);

/// A message on its way to the broker.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
}

/// Publishes batches over one connection.
pub(super) struct Publisher {
    link: Link,
    permits: Semaphore,
}

impl Publisher {
    pub(super) fn new(link: Link) -> Self {
        Self {
            link,
            permits: Semaphore::new(usize::try_from(CHANNELS).unwrap_or(1)),
        }
    }

    /// Publishes `batch`. Reports for each message, in order, whether it is confirmed in a queue, or why that is uncertain.
    pub(super) async fn publish(&self, batch: &[Parcel]) -> Vec<Result<(), String>> {
        let failed = |reason: &str| vec![Err(reason.to_owned()); batch.len()];
        let Ok(_permit) = self.permits.acquire().await else {
            return failed("the publisher has stopped");
        };
        let Some(live) = self.link.live() else {
            return failed(&AmqpError::Away.to_string());
        };
        let channel = match idle_channel(&live).await {
            Ok(channel) => channel,
            Err(error) => {
                live.give_up();
                return failed(&error.to_string());
            }
        };
        let confirms = publish_on(&channel, batch).await;
        if confirms.trouble {
            // Late answers on this channel would be mistaken for answers to the next batch.
            live.give_up();
        } else {
            let mut idle = live.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(channel);
        }
        confirms.verdicts(batch)
    }

    /// Returns when the connection is up.
    pub(super) async fn ready(&self) {
        self.link.up().await;
    }

    /// Returns when no batch is in flight.
    pub(super) async fn idle(&self) {
        // Acquiring fails only on a closed semaphore, and this one is never closed.
        drop(self.permits.acquire_many(CHANNELS).await);
    }
}

async fn idle_channel(live: &Arc<Live>) -> Result<Channel, AmqpError> {
    let idle = live
        .idle
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop();
    if let Some(channel) = idle {
        return Ok(channel);
    }
    let channel = live.channel().await?;
    within(channel.confirm_select(ConfirmSelectOptions::default())).await?;
    Ok(channel)
}

/// The broker's answers to a batch.
struct Confirms {
    /// For each message: confirmed, refused with a reason, or unanswered.
    heard: Vec<Option<Result<(), String>>>,
    /// Messages that no queue took. One without an id may be any message of the batch.
    returned: HashSet<Option<MessageId>>,
    /// The channel cannot be reused.
    trouble: bool,
}

async fn publish_on(channel: &Channel, batch: &[Parcel]) -> Confirms {
    let mut confirms = Confirms {
        heard: vec![None; batch.len()],
        returned: HashSet::new(),
        trouble: false,
    };
    // Each publish is written at its first poll, so all are sent before the first answer is awaited.
    let mut answers: FuturesUnordered<_> = batch
        .iter()
        .enumerate()
        .map(|(place, parcel)| async move { (place, publish_one(channel, parcel).await) })
        .collect();
    let all = async {
        while let Some((place, answer)) = answers.next().await {
            confirms.note(place, answer);
        }
    };
    if timeout(CONFIRM, all).await.is_err() {
        confirms.trouble = true;
    }
    confirms
}

async fn publish_one(channel: &Channel, parcel: &Parcel) -> lapin::Result<Confirmation> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    channel
        .basic_publish(
            parcel.exchange.clone(),
            parcel.routing_key.clone(),
            options,
            &parcel.body,
            parcel.properties.clone(),
        )
        .await?
        .await
}

impl Confirms {
    fn note(&mut self, place: usize, answer: lapin::Result<Confirmation>) {
        let (heard, returned) = match answer {
            Ok(Confirmation::Ack(returned)) => (Ok(()), returned),
            Ok(Confirmation::Nack(returned)) => (Err("the broker refused it".to_owned()), returned),
            Ok(Confirmation::NotRequested) => {
                self.trouble = true;
                (Err("the channel does not confirm".to_owned()), None)
            }
            Err(error) => {
                self.trouble = true;
                (Err(AmqpError::Broker(error).to_string()), None)
            }
        };
        if let Some(slot) = self.heard.get_mut(place) {
            *slot = Some(heard);
        }
        self.returned.extend(returned.as_ref().map(returned_id));
    }

    /// Whether each message is in a queue. Known only once every answer has arrived or cannot arrive any more.
    fn verdicts(self, batch: &[Parcel]) -> Vec<Result<(), String>> {
        let ids: Vec<Option<MessageId>> = batch
            .iter()
            .map(|parcel| message_id(&parcel.properties))
            .collect();
        let unattributed = self
            .returned
            .iter()
            .any(|returned| returned.is_none() || !ids.contains(returned));
        ids.into_iter()
            .zip(self.heard)
            .map(|(id, heard)| {
                if unattributed || self.returned.contains(&id) {
                    return Err("no queue is bound to it".to_owned());
                }
                // After a failure a return may have been lost, so even a confirm is uncertain.
                match heard {
                    Some(Ok(())) if !self.trouble => Ok(()),
                    Some(Err(reason)) => Err(reason),
                    Some(Ok(())) | None => {
                        Err("the broker did not confirm all of the batch in time".to_owned())
                    }
                }
            })
            .collect()
    }
}

fn returned_id(message: &BasicReturnMessage) -> Option<MessageId> {
    message_id(&message.delivery.properties)
}
