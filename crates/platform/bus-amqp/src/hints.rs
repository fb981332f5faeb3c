//! Best-effort broadcast between the replicas of one service. A hint may be lost (the broker is down, a buffer is full), so hints only
//! reduce latency; anything that matters is in the stores. Announcing never blocks and never fails.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use kernel::Backoff;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Consumer, ExchangeKind};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::error::AmqpError;
use super::link::{Link, limited, within};
use super::topology::declare_exchange;
use bus::Tasks;

/// Hints that are buffered for the service.
const BUFFER: usize = 1024;
/// Hints written in one batch.
const BATCH: usize = 128;
/// Timeout for writing a batch to the connection.
const WRITE: Duration = Duration::from_secs(5);
/// Never on disk.
const TRANSIENT: u8 = 1;

/// Publishes the hints that are `announced` to `exchange`, and returns those that any replica announces, this one included, while the
/// broker is up. They end with the `tasks`.
pub(super) fn carry(
    exchange: String,
    announced: mpsc::Receiver<Bytes>,
    (publishing, consuming): (Link, Link),
    tasks: &Tasks,
) -> mpsc::Receiver<Bytes> {
    let (heard, hints) = mpsc::channel(BUFFER);
    tasks.spawn(|stop| async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = announce(&exchange, announced, &publishing) => {}
            () = hear(&exchange, &heard, &consuming) => {}
        }
    });
    hints
}

/// Publishes announced hints. Never returns: once every sender is gone it stays pending, so that `hear` goes on.
async fn announce(exchange: &str, mut announced: mpsc::Receiver<Bytes>, link: &Link) {
    let (mut batch, mut backoff) = (Vec::with_capacity(BATCH), Backoff::RECONNECT);
    loop {
        let written = write(exchange, &mut announced, &mut batch, &mut backoff, link);
        if let Err(error) = written.await {
            tracing::debug!(exchange, %error, "hints were not announced; trying again");
        }
        sleep(backoff.delay()).await;
    }
}

async fn write(
    exchange: &str,
    announced: &mut mpsc::Receiver<Bytes>,
    batch: &mut Vec<Bytes>,
    backoff: &mut Backoff,
    link: &Link,
) -> Result<(), AmqpError> {
    let channel = channel_to(exchange, link).await?;
    loop {
        // What could not be written before is written now.
        if batch.is_empty() && announced.recv_many(batch, BATCH).await == 0 {
            return std::future::pending().await;
        }
        let writes = batch.iter().map(|hint| {
            channel.basic_publish(
                exchange.into(),
                ShortString::default(),
                BasicPublishOptions::default(),
                hint,
                BasicProperties::default().with_delivery_mode(TRANSIENT),
            )
        });
        limited(WRITE, try_join_all(writes)).await?;
        batch.clear();
        *backoff = Backoff::RECONNECT;
    }
}

/// Passes on what the broker delivers, using a new queue after every interruption.
async fn hear(exchange: &str, heard: &mpsc::Sender<Bytes>, link: &Link) {
    let mut backoff = Backoff::RECONNECT;
    loop {
        if let Err(error) = read(exchange, heard, &mut backoff, link).await {
            tracing::warn!(exchange, %error, "hints are not heard; trying again");
        }
        sleep(backoff.delay()).await;
    }
}

/// Returns without an error if the connection ended: the link reports that.
async fn read(
    exchange: &str,
    heard: &mpsc::Sender<Bytes>,
    backoff: &mut Backoff,
    link: &Link,
) -> Result<(), AmqpError> {
    let channel = channel_to(exchange, link).await?;
    let mut hints = listen(&channel, exchange).await?;
    *backoff = Backoff::RECONNECT;
    while let Some(Ok(hint)) = hints.next().await {
        if heard.try_send(hint.data.into()).is_err() {
            tracing::debug!("a hint was dropped: the buffer is full");
        }
    }
    Ok(())
}

/// A channel to `exchange`, as soon as the connection is up.
async fn channel_to(exchange: &str, link: &Link) -> Result<Channel, AmqpError> {
    let channel = link.up().await.channel().await?;
    within(declare_exchange(&channel, exchange, ExchangeKind::Fanout)).await?;
    Ok(channel)
}

async fn listen(channel: &Channel, exchange: &str) -> Result<Consumer, AmqpError> {
    // Named by the server, exclusive to this connection and deleted with it.
    let mine = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    let queue = within(channel.queue_declare("".into(), mine, FieldTable::default())).await?;
    within(channel.queue_bind(
        queue.name().clone(),
        exchange.into(),
        ShortString::default(),
        QueueBindOptions::default(),
        FieldTable::default(),
    ))
    .await?;
    let unacknowledged = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    within(channel.basic_consume(
        queue.name().clone(),
        "".into(),
        unacknowledged,
        FieldTable::default(),
    ))
    .await
}
