//! Lists and replays the dead letters of queues, for operators.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use kernel::MessageId;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, ErrorKind};
use tokio::time::sleep;

use super::broker::{Broker, QueueNames};
use super::error::AmqpError;
use super::link::{Link, Live, dial, within};
use super::message::{dead_letter, message_id, renew, returns, revive, short};
use super::publisher::{Parcel, Publisher};
use store::{DeadLetter, DeadLetterPlace, DeadLetters, StoreError, StoreResult};

/// Name of the connection in the broker's list.
const CONNECTION: &str = "marketplace messages";
/// Returns after which listing rewrites a dead letter: RabbitMQ 4 drops a message after twenty returns.
const RETURNS: i64 = 10;
/// Checks that letters have returned to their queue, and the delay between checks.
const LOOKS: usize = 20;
const BETWEEN: Duration = Duration::from_millis(50);
/// Letters published together.
const BATCH: usize = 256;

/// The dead letters of the subscription `queue`, in the order in which they were dead-lettered. None if the queue does not exist.
///
/// # Errors
/// If the broker is unavailable or does not answer. No message is lost in either case.
pub async fn list(broker: &Broker, queue: &str) -> Result<Vec<DeadLetter>, AmqpError> {
    let Some(held) = Held::all(broker, queue).await? else {
        return Ok(Vec::new());
    };
    let found = held
        .letters
        .iter()
        .map(|letter| dead_letter(&letter.properties, Bytes::copy_from_slice(&letter.data)))
        .collect();
    let worn = |letter: &&Delivery| returns(&letter.properties) >= RETURNS;
    held.move_to(&held.names.dead, worn, renew).await?;
    let all = held.letters.len();
    held.release(all).await?;
    Ok(found)
}

/// Puts the dead letter `message` of the subscription `queue` (or all of them if `None`) back into the queue with its delivery count
/// reset. Returns how many were moved.
///
/// # Errors
/// If the broker is unavailable or does not confirm. Unconfirmed messages remain dead letters and may also be in the queue. Receivers
/// recognise messages that they have handled.
pub async fn replay(
    broker: &Broker,
    queue: &str,
    message: Option<MessageId>,
) -> Result<usize, AmqpError> {
    let Some(held) = Held::all(broker, queue).await? else {
        return Ok(0);
    };
    let chosen =
        |letter: &&Delivery| message.is_none_or(|id| message_id(&letter.properties) == Some(id));
    let replayed = held.move_to(&held.names.main, chosen, revive).await?;
    let left = held.letters.len() - replayed;
    held.release(left).await?;
    Ok(replayed)
}

/// The dead letters of some queues. A broker has no list of them: each look reads them all.
pub struct QueuedLetters {
    broker: Broker,
    queues: Vec<&'static str>,
}

impl QueuedLetters {
    /// Those of `queues`.
    #[must_use]
    pub const fn new(broker: Broker, queues: Vec<&'static str>) -> Self {
        Self { broker, queues }
    }
}

fn unavailable(error: &AmqpError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

#[async_trait]
impl DeadLetters for QueuedLetters {
    async fn dead_letters(
        &self,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> StoreResult<Vec<DeadLetter>> {
        let mut found = Vec::new();
        for queue in &self.queues {
            let letters = list(&self.broker, queue).await;
            found.extend(letters.map_err(|error| unavailable(&error))?);
        }
        found.retain(|letter| after.is_none_or(|after| letter.place() > after));
        found.sort_unstable_by_key(DeadLetter::place);
        found.truncate(most);
        Ok(found)
    }

    async fn replay(&self, message: Option<MessageId>) -> StoreResult<usize> {
        let mut replayed = 0;
        for queue in &self.queues {
            let moved = replay(&self.broker, queue, message).await;
            replayed += moved.map_err(|error| unavailable(&error))?;
        }
        Ok(replayed)
    }
}

/// All letters of a queue, fetched but not acknowledged. They return to the queue when the connection ends, for whatever reason.
struct Held {
    live: Arc<Live>,
    channel: Channel,
    names: QueueNames,
    letters: Vec<Delivery>,
}

impl Held {
    async fn all(broker: &Broker, queue: &str) -> Result<Option<Self>, AmqpError> {
        let names = broker.names.queue(queue);
        let live = Arc::new(dial(broker, CONNECTION).await?);
        let channel = live.channel().await?;
        let Some(waiting) = waiting(&channel, &names.dead).await? else {
            live.close().await;
            return Ok(None);
        };
        let mut letters = Vec::new();
        // Bounded by the initial count; otherwise a queue that fills as fast as it is read would never end the loop.
        for _ in 0..waiting {
            let got = channel.basic_get(short(&names.dead), BasicGetOptions::default());
            let Some(letter) = within(got).await? else {
                break;
            };
            letters.push(letter.delivery);
        }
        Ok(Some(Self {
            live,
            channel,
            names,
            letters,
        }))
    }

    /// Publishes the `chosen` letters to `queue`, transformed by `change`, and removes them from this queue once confirmed.
    async fn move_to(
        &self,
        queue: &str,
        chosen: impl Fn(&&Delivery) -> bool,
        change: impl Fn(BasicProperties) -> BasicProperties,
    ) -> Result<usize, AmqpError> {
        let publisher = Publisher::new(Link::over(self.live.clone()));
        let letters: Vec<&Delivery> = self.letters.iter().filter(chosen).collect();
        for batch in letters.chunks(BATCH) {
            let parcels: Vec<Parcel> = batch
                .iter()
                .map(|letter| {
                    let body = Bytes::copy_from_slice(&letter.data);
                    Parcel::to(queue, change(letter.properties.clone()), body)
                })
                .collect();
            let confirmed = publisher.publish(&parcels).await;
            for (letter, confirmed) in batch.iter().zip(confirmed) {
                confirmed.map_err(AmqpError::Unconfirmed)?;
                let acknowledged = self
                    .channel
                    .basic_ack(letter.delivery_tag, BasicAckOptions::default());
                within(acknowledged).await?;
            }
        }
        Ok(letters.len())
    }

    /// Releases the letters still held, and waits until `left` are back in the queue, so that the next reader finds them.
    async fn release(self, left: usize) -> Result<(), AmqpError> {
        let all = BasicNackOptions {
            multiple: true,
            requeue: true,
        };
        // Tag 0 stands for all unacknowledged messages.
        within(self.channel.basic_nack(0, all)).await?;
        for _ in 0..LOOKS {
            let there = waiting(&self.channel, &self.names.dead).await?;
            if there.is_none_or(|there| usize::try_from(there).is_ok_and(|there| there >= left)) {
                break;
            }
            sleep(BETWEEN).await;
        }
        self.live.close().await;
        Ok(())
    }
}

/// How many letters are in `queue`; none if the queue does not exist.
async fn waiting(channel: &Channel, queue: &str) -> Result<Option<u32>, AmqpError> {
    let only_look = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    match within(channel.queue_declare(short(queue), only_look, FieldTable::default())).await {
        Ok(queue) => Ok(Some(queue.message_count())),
        Err(AmqpError::Broker(error)) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_not_found(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND))
}
