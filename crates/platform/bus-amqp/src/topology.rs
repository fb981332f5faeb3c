//! Exchanges and queues. They are declared at every connect; declaring an existing one changes nothing.

use contracts::{Kind, kind_of};
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::broker::{Names, QueueNames};
use super::message::{short, text};

/// The queues of a service, and the full names of the messages that each is bound to.
pub(super) type Queues = [(QueueNames, Vec<String>)];

/// Declares what a service needs in the broker.
pub(super) async fn declare(
    channel: &Channel,
    names: &Names,
    queues: &Queues,
) -> lapin::Result<()> {
    let (events, commands) = (names.exchange(Kind::Event), names.exchange(Kind::Command));
    declare_exchange(channel, &events, ExchangeKind::Topic).await?;
    declare_exchange(channel, &commands, ExchangeKind::Direct).await?;
    for (queue, messages) in queues {
        // Those that others refer to come first.
        declare_quorum(channel, &queue.dead, FieldTable::default()).await?;
        // Messages that the broker itself drops (RabbitMQ 4: after twenty unacknowledged deliveries) are kept as well.
        declare_quorum(channel, &queue.main, dead_lettered_to(&queue.dead)).await?;
        for (retry, delay) in &queue.retries {
            let mut arguments = dead_lettered_to(&queue.main);
            let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(millis));
            declare_quorum(channel, retry, arguments).await?;
        }
        for message in messages {
            // A name outside the contracts is bound to both exchanges, because its sender uses one of them.
            let exchanges = match kind_of(message) {
                Some(Kind::Event) => &[&events][..],
                Some(Kind::Command) => &[&commands],
                None => &[&events, &commands],
            };
            for exchange in exchanges {
                let bound = channel.queue_bind(
                    short(&queue.main),
                    short(exchange),
                    short(message),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                );
                bound.await?;
            }
        }
    }
    Ok(())
}

/// Declares a durable exchange.
pub(super) async fn declare_exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
) -> lapin::Result<()> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(short(name), kind, options, FieldTable::default())
        .await
}

async fn declare_quorum(
    channel: &Channel,
    name: &str,
    mut arguments: FieldTable,
) -> lapin::Result<()> {
    arguments.insert("x-queue-type".into(), text("quorum"));
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(short(name), options, arguments)
        .await?;
    Ok(())
}

/// Arguments of a queue whose messages move to `queue` when they expire or are dead-lettered, and are removed only once they have arrived
/// there. The broker refuses that guarantee (`at-least-once`) for a queue that may drop its oldest messages.
fn dead_lettered_to(queue: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-dead-letter-exchange".into(), text(""));
    arguments.insert("x-dead-letter-routing-key".into(), text(queue));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}
