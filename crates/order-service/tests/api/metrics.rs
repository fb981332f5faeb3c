//! What `/metrics` reports about orders, messages and the store.

use std::sync::Arc;
use std::time::Duration;

use contracts::{Envelope, wallet};
use host::testing::eventually;
use kernel::{Clock, OrderId};

use crate::world::{Script, World, one};

/// Waits until the sum of the samples is `expected`.
async fn until(world: &World, name: &str, labels: &[(&str, &str)], expected: f64) {
    eventually(&format!("{name}{labels:?} = {expected}"), || async {
        let sum = world.host.metrics().await.sum(name, labels);
        sum.is_some_and(|sum| (sum - expected).abs() < 1e-9)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_paid_is_counted_from_its_request_to_the_end_of_its_saga() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let before = world.host.metrics().await;
    assert_eq!(
        before.sum("marketplace_orders_settled_total", &[("state", "paid")]),
        Some(0.0)
    );
    let placed = world.create(&token, &one(product, 1), &[]).await;
    assert_eq!(placed.status, 201);
    let scrape = world.host.metrics().await;
    let route = ("route", "/api/orders/create");
    for (name, labels) in [
        (
            "marketplace_http_requests_total",
            &[route, ("method", "POST"), ("status", "201")][..],
        ),
        (
            "marketplace_http_request_duration_seconds_count",
            &[route, ("method", "POST")],
        ),
        ("marketplace_orders_placed_total", &[]),
        ("marketplace_orders_settled_total", &[("state", "paid")]),
        (
            "marketplace_order_settle_duration_seconds_count",
            &[("state", "paid")],
        ),
    ] {
        assert_eq!(scrape.sum(name, labels), Some(1.0), "{name} {labels:?}");
    }
    let sent = [
        ("sender", "order-service"),
        ("message", "marketplace.wallet.v1.DebitForOrder"),
        ("outcome", "sent"),
    ];
    until(&world, "marketplace_messages_published_total", &sent, 1.0).await;
    let handled = [("queue", "neighbours"), ("outcome", "done")];
    // The debit and the confirmation of the reservation.
    until(&world, "marketplace_messages_handled_total", &handled, 2.0).await;
    until(
        &world,
        "marketplace_message_handling_duration_seconds_count",
        &handled[..1],
        2.0,
    )
    .await;
    let orders = ("store", "orders");
    let scrape = world.host.metrics().await;
    let moved = |name: &str, labels: &[(&str, &str)]| {
        assert!(
            scrape.sum(name, labels).is_some_and(|sum| sum >= 1.0),
            "{name} {labels:?}: {scrape:?}"
        );
    };
    moved("marketplace_store_commit_duration_seconds_count", &[orders]);
    moved("marketplace_store_write_batch_size_count", &[orders]);
    let sweeps = [orders, ("kind", "sweep")];
    moved("marketplace_store_read_duration_seconds_count", &sweeps);
    for queue in ["read", "write"] {
        let of = [orders, ("queue", queue)];
        moved("marketplace_store_queue_capacity", &of);
        let waiting = scrape.sum("marketplace_store_queue_waiting", &of);
        assert!(waiting.is_some_and(|waiting| waiting >= 0.0));
    }
    moved("marketplace_http_requests_in_flight_limit", &[]);
    let in_flight = scrape.sum("marketplace_http_requests_in_flight", &[("port", "public")]);
    assert_eq!(in_flight, Some(1.0), "this very request");
}

#[tokio::test]
async fn an_order_that_waits_for_its_wallet_is_shown_with_its_age_until_it_settles() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let wait = [("prefer", "respond-async")];
    let placed = world.create(&token, &one(product, 1), &wait).await;
    assert_eq!(placed.status, 202);
    world.clock.advance(Duration::from_secs(40));
    let pending = [("state", "pending")];
    until(&world, "marketplace_orders_unsettled", &pending, 1.0).await;
    let age = "marketplace_orders_oldest_unsettled_age_seconds";
    until(&world, age, &[], 40.0).await;
    *world.script.lock().unwrap() = Script::Pays;
    world.clock.advance(Duration::from_secs(21));
    until(&world, "marketplace_orders_unsettled", &pending, 0.0).await;
    until(&world, age, &[], 0.0).await;
    until(&world, "marketplace_orders_needing_review", &[], 0.0).await;
}

#[tokio::test]
async fn a_reply_that_comes_again_is_counted_as_a_duplicate() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let wait = [("prefer", "respond-async")];
    let placed = world.create(&token, &one(product, 1), &wait).await;
    let order: OrderId = placed.body["id"].as_str().unwrap().parse().unwrap();
    let order_id = contracts::id_bytes(order.as_uuid());
    let debited = wallet::OrderDebited {
        order_id: order_id.clone(),
        transaction_id: order_id,
        commissions: Vec::new(),
    };
    let reply = Arc::new(Envelope::of_step(
        order,
        "debited",
        &debited,
        world.clock.now(),
    ));
    let duplicates = "marketplace_inbox_duplicates_total";
    let orders = [("store", "orders")];
    let handler = world.replies.lock().unwrap().clone();
    handler.handle(vec![reply.clone()]).await;
    until(&world, duplicates, &orders, 0.0).await;
    handler.handle(vec![reply.clone(), reply]).await;
    until(&world, duplicates, &orders, 2.0).await;
}

#[tokio::test]
async fn an_outbox_that_is_sent_has_no_lag_and_one_that_is_not_has() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    world.create(&token, &one(product, 1), &[]).await;
    let sender = [("sender", "order-service")];
    // The debit, and the confirmation of the reservation.
    let sent = [("sender", "order-service"), ("outcome", "sent")];
    until(&world, "marketplace_messages_published_total", &sent, 2.0).await;
    until(&world, "marketplace_outbox_rows", &sender, 0.0).await;
    until(
        &world,
        "marketplace_outbox_oldest_age_seconds",
        &sender,
        0.0,
    )
    .await;
    *world.script.lock().unwrap() = Script::Fails;
    world
        .create(&token, &one(product, 1), &[("prefer", "respond-async")])
        .await;
    until(&world, "marketplace_outbox_rows", &sender, 1.0).await;
    world.clock.advance(Duration::from_secs(3));
    until(
        &world,
        "marketplace_outbox_oldest_age_seconds",
        &sender,
        3.0,
    )
    .await;
    let retried = [("sender", "order-service"), ("outcome", "retry")];
    let scrape = world.host.metrics().await;
    let count = scrape.sum("marketplace_messages_published_total", &retried);
    assert!(count.is_some_and(|count| count >= 1.0), "{scrape:?}");
}
