//! `kill -9` of services, of the broker and of the primary.

use std::time::{Duration, Instant};

use e2e::{rounds, within};
use reqwest::Method;
use serde_json::json;
use stack::{Name, Service};

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn each_service_killed_under_load_loses_nothing() {
    let mut world = World::start(1, 1).await;
    let busy = world.load().await;
    for round in 0..rounds(1, 5) {
        for service in Service::ALL {
            // A different moment each time.
            busy.answered(10 + round * 7, PATIENCE).await;
            world.bounce(Name::Service(service, 0)).await;
        }
    }
    busy.answered(50, PATIENCE).await;
    world.check(busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_accepted_while_the_broker_is_away_and_settle_when_it_is_back() {
    let mut world = World::start(1, 1).await;
    let client = world.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 10, 100).await;
    buyer.credit(1_000).await;
    let busy = world.load().await;
    world.stack.kill(Name::Rabbit).unwrap();
    // An order that is accepted only after the broker is down.
    let order = buyer
        .request(Method::POST, "/api/orders/create")
        .json(&json!({"productId": pen.id, "quantity": 1}))
        .send()
        .await
        .unwrap();
    assert_eq!(order.status().as_u16(), 202, "accepted, to be paid later");
    busy.answered(20, PATIENCE).await;
    world.stack.start(Name::Rabbit).unwrap();
    world.stack.wait_ready(Name::Rabbit).await.unwrap();
    within(PATIENCE, "the order is paid", async || {
        let orders = buyer.all(&format!("/api/orders/{}/byUser", buyer.id)).await;
        orders
            .iter()
            .all(|order| order["status"] == "paid")
            .then_some(())
    })
    .await;
    busy.answered(50, PATIENCE).await;
    world.check(busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_resume_within_15_seconds_of_the_death_of_the_primary() {
    let mut world = World::start(3, 1).await;
    let busy = world.load().await;
    let primary = world.stack.mongo_primary().await.unwrap();
    world.stack.kill(primary).unwrap();
    let killed = Instant::now();
    // Requests already in flight may still be answered; the test counts only those after the election.
    within(PATIENCE, "another primary", async || {
        let now = world.stack.mongo_primary().await?;
        (now != primary).then_some(())
    })
    .await;
    busy.answered(20, PATIENCE).await;
    let resumed = killed.elapsed();
    assert!(resumed < Duration::from_secs(15), "after {resumed:?}");
    println!("writes resumed after {resumed:?}");
    world.stack.start(primary).unwrap();
    world.stack.wait_ready(primary).await.unwrap();
    busy.answered(50, PATIENCE).await;
    world.check(busy).await;
}
