//! Exchanges and queues. They are declared at every connect; declaring an existing one changes nothing.

use std::time::Duration;

use contracts::{Kind, kind_of};
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::broker::{Names, QueueNames};
use super::message::short;

/// A queue and its bindings.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) names: QueueNames,
    /// Full names of messages.
    pub(super) messages: Vec<String>,
}

/// What a service needs in the broker.
#[derive(Debug, Clone)]
pub(super) struct Topology {
    pub(super) names: Names,
    pub(super) queues: Vec<Bound>,
}

impl Topology {
    /// Declares all of it.
    pub(super) async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        declare_exchange(channel, &self.names.events(), ExchangeKind::Topic).await?;
        declare_exchange(channel, &self.names.commands(), ExchangeKind::Direct).await?;
        for queue in &self.queues {
            self.declare_queue(channel, queue).await?;
        }
        Ok(())
    }

    /// Declares a queue and its companions; those that others refer to come first.
    pub(super) async fn declare_queue(
        &self,
        channel: &Channel,
        queue: &Bound,
    ) -> lapin::Result<()> {
        let names = &queue.names;
        declare_quorum(channel, &names.dead, FieldTable::default()).await?;
        // Messages that the broker itself drops (RabbitMQ 4: after twenty unacknowledged deliveries) are kept as well.
        declare_quorum(channel, &names.main, dead_lettered_to(&names.dead)).await?;
        for (retry, delay) in &names.retries {
            let mut arguments = dead_lettered_to(&names.main);
            arguments.insert(
                "x-message-ttl".into(),
                AMQPValue::LongLongInt(millis(*delay)),
            );
            declare_quorum(channel, retry, arguments).await?;
        }
        for message in &queue.messages {
            for exchange in self.exchanges_of(message) {
                channel
                    .queue_bind(
                        short(&names.main),
                        short(&exchange),
                        short(message),
                        QueueBindOptions::default(),
                        FieldTable::default(),
                    )
                    .await?;
            }
        }
        Ok(())
    }

    /// The exchanges that may carry `message`. A name outside the contracts is bound to both, because its sender uses one of them.
    fn exchanges_of(&self, message: &str) -> Vec<String> {
        match kind_of(message) {
            Some(kind) => vec![self.exchange(kind)],
            None => vec![self.names.events(), self.names.commands()],
        }
    }

    pub(super) fn exchange(&self, kind: Kind) -> String {
        match kind {
            Kind::Event => self.names.events(),
            Kind::Command => self.names.commands(),
        }
    }
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

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn millis(delay: Duration) -> i64 {
    i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)
}
