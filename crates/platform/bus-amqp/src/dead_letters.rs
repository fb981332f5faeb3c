//! The dead letters of a queue, for an operator to list and to replay.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kernel::MessageId;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, ErrorKind};
use tokio::time::sleep;

use super::broker::{Broker, QueueNames};
use super::consumer::parcel;
use super::error::AmqpError;
use super::link::{Link, Live, dial, within};
use super::message::{dead_letter, message_id, renew, returns, revive, short};
use super::publisher::{Parcel, Publisher};
use store::DeadLetter;

/// Name of the connection in the broker's list.
const CONNECTION: &str = "marketplace messages";
/// Returns after which a dead letter that is only looked at is written anew: RabbitMQ 4 drops a message at twenty.
const RETURNS: i64 = 10;
/// Looks at whether letters are back in their queue, and the time between them.
const LOOKS: usize = 20;
const BETWEEN: Duration = Duration::from_millis(50);
/// Letters published together.
const BATCH: usize = 256;

/// The dead letters of the subscription `queue`, in the order in which they were given up. None when there is no such queue.
///
/// # Errors
/// When the broker is away or does not answer. Nothing is lost then.
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

/// Puts the dead letter `message` of the subscription `queue` (or, without one, all of them) back into the queue, with all
/// its deliveries anew. Returns how many.
///
/// # Errors
/// When the broker is away or does not confirm. What was not confirmed is still a dead letter, and perhaps in the queue as well:
/// receivers know a message that they have done.
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

/// All letters of a queue, taken and not acknowledged: they go back to it when the connection ends, however it ends.
struct Held {
    live: Arc<Live>,
    channel: Channel,
    names: QueueNames,
    letters: Vec<Delivery>,
}

impl Held {
    async fn all(broker: &Broker, queue: &str) -> Result<Option<Self>, AmqpError> {
        let names = broker.names().queue(queue);
        let live = Arc::new(dial(&broker.to_dial(), CONNECTION).await?);
        let channel = live.channel().await?;
        let Some(waiting) = waiting(&channel, &names.dead).await? else {
            live.close().await;
            return Ok(None);
        };
        let mut letters = Vec::new();
        // No more than there were, or a queue that fills as fast as it is read would be read for ever.
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

    /// Publishes the `chosen` letters to `queue`, changed by `change`, and takes them off this one once that is confirmed.
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
                    parcel(queue, change(letter.properties.clone()), body)
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

    /// Lets those go that are still held, and waits until `left` are there again: whoever looks next shall find them.
    async fn release(self, left: usize) -> Result<(), AmqpError> {
        let all = BasicNackOptions {
            multiple: true,
            requeue: true,
        };
        // Tag 0 stands for all that are not acknowledged.
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

/// How many letters wait in `queue`; nothing if there is no such queue.
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
