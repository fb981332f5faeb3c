//! Publishing with confirms: a batch is a barrier.
//!
//! The broker returns a message that no queue takes before it confirms it. When publishes are pipelined, lapin attaches a returned
//! message to whichever confirm completes next, so a single confirm proves nothing. A batch therefore has a channel to itself until every
//! confirm has arrived. By then each return has arrived too, and its message id identifies the message.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use kernel::MessageId;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error::AmqpError;
use super::link::{Link, Live, within};
use super::message::{message_id, short};

/// Channels, and thus batches in flight at once: the relay's, and consumers' retries.
const CHANNELS: u32 = 6;
/// Timeout for confirming a batch.
const CONFIRM: Duration = Duration::from_secs(5);
const UNCONFIRMED: &str = "the broker did not confirm all of the batch in time";

/// A message on its way to the broker.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
}

impl Parcel {
    /// A parcel addressed to `queue` directly: the default exchange routes by queue name.
    pub(super) fn to(queue: &str, properties: BasicProperties, body: Bytes) -> Self {
        Self {
            exchange: "".into(),
            routing_key: short(queue),
            properties,
            body,
        }
    }
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
        // Acquiring fails only on a closed semaphore, and this one is never closed.
        let _permit = self.permits.acquire().await;
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
        // Each publish is written at its first poll, so all are sent before the first answer is awaited.
        let answers = join_all(batch.iter().map(|parcel| publish_on(&channel, parcel)));
        let Ok(answers) = timeout(CONFIRM, answers).await else {
            // Late answers on this channel would be mistaken for answers to the next batch.
            live.give_up();
            return failed(UNCONFIRMED);
        };
        let all_answered = answers
            .iter()
            .all(|answer| matches!(answer, Ok(Confirmation::Ack(_) | Confirmation::Nack(_))));
        if all_answered {
            live.idle().push(channel);
        } else {
            live.give_up();
        }
        verdicts(batch, answers, all_answered)
    }

    /// Returns when no batch is in flight.
    pub(super) async fn idle(&self) {
        // Acquiring fails only on a closed semaphore, and this one is never closed.
        drop(self.permits.acquire_many(CHANNELS).await);
    }
}

async fn idle_channel(live: &Arc<Live>) -> Result<Channel, AmqpError> {
    let idle = live.idle().pop();
    if let Some(channel) = idle {
        return Ok(channel);
    }
    let channel = live.channel().await?;
    within(channel.confirm_select(ConfirmSelectOptions::default())).await?;
    Ok(channel)
}

async fn publish_on(channel: &Channel, parcel: &Parcel) -> lapin::Result<Confirmation> {
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

/// Whether each message of `batch` is in a queue, or why that is uncertain.
fn verdicts(
    batch: &[Parcel],
    answers: Vec<lapin::Result<Confirmation>>,
    all_answered: bool,
) -> Vec<Result<(), String>> {
    // Messages that no queue took. One without an id may be any message of the batch.
    let mut returned = HashSet::new();
    let mut hear = |answer| {
        let (heard, message) = match answer {
            Ok(Confirmation::Ack(message)) => (Ok(()), message),
            Ok(Confirmation::Nack(message)) => (Err("the broker refused it".to_owned()), message),
            Ok(Confirmation::NotRequested) => {
                (Err("the channel does not confirm".to_owned()), None)
            }
            Err(error) => (Err(AmqpError::Broker(error).to_string()), None),
        };
        returned.extend(message.map(|message| message_id(&message.delivery.properties)));
        heard
    };
    let heard: Vec<Result<(), String>> = answers.into_iter().map(&mut hear).collect();
    let ids = batch.iter().map(|parcel| message_id(&parcel.properties));
    let ids: Vec<Option<MessageId>> = ids.collect();
    let unattributed = returned
        .iter()
        .any(|returned| returned.is_none() || !ids.contains(returned));
    ids.into_iter()
        .zip(heard)
        .map(|(id, heard)| {
            if unattributed || returned.contains(&id) {
                return Err("no queue is bound to it".to_owned());
            }
            // After a failure a return may have been lost, so even a confirm is uncertain.
            if heard.is_ok() && !all_answered {
                return Err(UNCONFIRMED.to_owned());
            }
            heard
        })
        .collect()
}
