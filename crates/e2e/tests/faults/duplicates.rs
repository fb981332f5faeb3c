//! Two replicas of everything, and every message delivered twice.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties};

use crate::world::World;

/// Marks the messages that this test published itself.
const AGAIN: &str = "x-test-again";

/// A direct exchange has no wildcard.
const COMMANDS: [&str; 7] = [
    "marketplace.product.v1.ConfirmReservation",
    "marketplace.product.v1.ReleaseReservation",
    "marketplace.product.v1.ReturnStock",
    "marketplace.wallet.v1.DebitForOrder",
    "marketplace.wallet.v1.CancelOrderDebit",
    "marketplace.wallet.v1.RefundPart",
    "marketplace.wallet.v1.ReleasePart",
];

/// Publishes every message on the broker a second time. Runs until its task is dropped.
async fn echo(uri: String) {
    let connection = Connection::connect(&uri, ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mine = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    let queue = channel
        .queue_declare("".into(), mine, FieldTable::default())
        .await
        .unwrap();
    let commands = COMMANDS.map(|name| ("marketplace.commands", name));
    for (exchange, key) in commands.into_iter().chain([("marketplace.events", "#")]) {
        channel
            .queue_bind(
                queue.name().clone(),
                exchange.into(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .unwrap();
    }
    let mut messages = channel
        .basic_consume(
            queue.name().clone(),
            "echo".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    while let Some(Ok(message)) = messages.next().await {
        let mut headers = message.properties.headers().clone().unwrap_or_default();
        if !headers.contains_key(AGAIN) {
            headers.insert(AGAIN.into(), AMQPValue::Boolean(true));
            let properties = message.properties.clone().with_headers(headers);
            channel
                .basic_publish(
                    message.exchange.clone(),
                    message.routing_key.clone(),
                    BasicPublishOptions::default(),
                    &message.data,
                    properties,
                )
                .await
                .unwrap();
        }
        message.ack(BasicAckOptions::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_replicas_of_everything_and_every_message_twice_nothing_happens_twice() {
    let world = World::start(1, 2).await;
    let echo = tokio::spawn(echo(world.stack.amqp_uri()));
    let busy = world.load().await;
    busy.answered(400, Duration::from_secs(90)).await;
    assert!(
        !echo.is_finished(),
        "messages were published twice to the end"
    );
    world.check(busy).await;
    echo.abort();
}
