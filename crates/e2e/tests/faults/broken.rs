//! A broker that has lost a binding, and a message that cannot be decoded.

use std::time::Duration;

use e2e::operated::granted;
use e2e::{operate, within};
use lapin::options::{BasicPublishOptions, QueueBindOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::{Value, json};

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(60);

const EXCHANGE: &str = "marketplace.commands";
const DEBIT: &str = "marketplace.wallet.v1.DebitForOrder";
const QUEUE: &str = "wallet.commands";

/// A direct connection to the broker. It stays open while both values live.
async fn broker(world: &World) -> (Connection, Channel) {
    let uri = world.stack.amqp_uri();
    let connection = Connection::connect(&uri, ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// The number of dead-lettered messages, as an operator sees it.
fn given_up(world: &World) -> usize {
    let letters = operate(&world.stack.config_path(), &["messages", "list"]);
    assert_eq!(letters.code, Some(0), "{letters:?}");
    let last = letters.stdout.lines().last().unwrap();
    last.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_while_a_queue_is_unbound_waits_and_settles_once_it_is_bound() {
    let world = World::start(1, 1).await;
    let client = world.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 10, 100).await;
    buyer.credit(1_000).await;
    let (_connection, channel) = broker(&world).await;
    let busy = world.load().await;

    channel
        .queue_unbind(
            QUEUE.into(),
            EXCHANGE.into(),
            DEBIT.into(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    let order = buyer.orders(&pen, 1).await;
    assert_eq!(order.status, 202, "nobody could debit it: {order:?}");
    busy.answered(20, PATIENCE).await;
    let id = order.body.get("id").unwrap().as_str().unwrap();
    let status = async || buyer.order(id).await.body.get("status").unwrap().clone();
    assert_eq!(status().await, "pending");

    let bind = QueueBindOptions::default();
    channel
        .queue_bind(
            QUEUE.into(),
            EXCHANGE.into(),
            DEBIT.into(),
            bind,
            FieldTable::default(),
        )
        .await
        .unwrap();
    within(PATIENCE, "the order is paid", async || {
        (status().await == "paid").then_some(())
    })
    .await;
    busy.answered(50, PATIENCE).await;
    assert_eq!(given_up(&world), 0);
    world.check(busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_message_among_those_of_orders_is_given_up_alone_and_can_be_replayed() {
    let world = World::start(1, 1).await;
    let (_connection, channel) = broker(&world).await;
    let busy = world.load().await;
    let poison = BasicProperties::default().with_type(DEBIT.into());
    channel
        .basic_publish(
            EXCHANGE.into(),
            DEBIT.into(),
            BasicPublishOptions::default(),
            b"\xffpoison",
            poison,
        )
        .await
        .unwrap();
    // An order produces four messages.
    busy.answered(400, PATIENCE).await;
    within(PATIENCE, "it was given up", async || {
        (given_up(&world) == 1).then_some(())
    })
    .await;
    // An operator sees and replays it over HTTP, too.
    let client = world.client();
    let olga = client.join("Olga").await;
    let admin = granted(&client, &olga, "admin", |arguments| {
        operate(&world.stack.config_path(), arguments)
    })
    .await;
    let seen = admin.get("/api/wallet/dead-letters").await;
    assert_eq!(seen.status, 200, "{seen:?}");
    let letters = seen.body.get("items").and_then(Value::as_array);
    assert_eq!(letters.map(Vec::len), Some(1), "{seen:?}");
    let path = "/api/wallet/dead-letters/replay";
    let replayed = admin.post(path, &json!({})).await;
    assert_eq!(replayed.body, json!({"replayed": 1}));
    within(PATIENCE, "it was given up once more", async || {
        (given_up(&world) == 1).then_some(())
    })
    .await;
    let replay = operate(&world.stack.config_path(), &["messages", "replay"]);
    assert!(
        replay.stdout.starts_with("1 messages will be sent"),
        "{replay:?}"
    );
    busy.answered(50, PATIENCE).await;
    within(PATIENCE, "it was given up again", async || {
        (given_up(&world) == 1).then_some(())
    })
    .await;
    world.check(busy).await;
}
