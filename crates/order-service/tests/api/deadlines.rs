//! Order deadlines.

use std::time::Duration;

use host::testing::eventually;
use serde_json::json;

use crate::world::{DAY, DEADLINE, Part, Refunds, Script, World, one, shipped};

#[tokio::test]
async fn an_order_that_is_not_paid_in_time_is_cancelled_by_asking_the_wallet_first() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let placed = world
        .create(&token, &one(product, 1), &[("prefer", "respond-async")])
        .await;
    let id = placed.body["id"].as_str().unwrap();
    world.clock.advance(DEADLINE);
    let order = world.until(&token, id, "cancelled").await;
    assert_eq!(order["reason"], "payment_timeout");
    assert_eq!(world.heard("CancelOrderDebit"), 1);
    eventually("the release", || async {
        (world.heard("ReleaseReservation") == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_unanswered_command_is_sent_again_and_the_answer_to_that_settles_the_order() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let placed = world
        .create(&token, &one(product, 1), &[("prefer", "respond-async")])
        .await;
    let id = placed.body["id"].as_str().unwrap();
    eventually("the debit", || async {
        (world.heard("DebitForOrder") == 1).then_some(())
    })
    .await;
    *world.script.lock().unwrap() = Script::Pays;
    world.clock.advance(Duration::from_secs(11));
    world.until(&token, id, "paid").await;
    assert_eq!(world.heard("DebitForOrder"), 2);
}

#[tokio::test]
async fn the_seller_of_a_part_without_shipping_is_paid_some_time_after_the_payment() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, token)) = (world.product(10), world.user());
    let placed = world.create(&token, &one(product, 1), &[]).await;
    let id = placed.body["id"].as_str().unwrap();
    let part = world.part_until(&seller, id, "delivered").await;
    assert!(part["releaseAt"].is_string(), "{part}");
    assert_eq!(world.heard("ReleasePart"), 0);
    world.clock.advance(Duration::from_secs(86_401));
    world.until_heard("ReleasePart", 1).await;
    let part = world.part_until(&seller, id, "completed").await;
    assert_eq!(part.get("releaseAt"), None);
}

#[tokio::test]
async fn a_release_that_no_one_answers_is_shown_to_operators_and_counted() {
    let world = World::start(Script::Pays);
    *world.refunds.lock().unwrap() = Refunds::Silent;
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let placed = world.create(&token, &one(product, 1), &[]).await;
    let admin = world.admin();
    world.clock.advance(Duration::from_secs(86_401));
    eventually("the order to review", || async {
        world.clock.advance(Duration::from_secs(300));
        let list = world.host.get("/api/orders/review", &admin).await;
        (list.body["items"][0]["id"] == placed.body["id"]).then_some(())
    })
    .await;
    assert_eq!(placed.body["status"], json!("paid"));
}

#[tokio::test]
async fn what_is_not_shipped_in_time_is_cancelled_and_refunded() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 3)]), &[]).await;
    let id = placed.body["id"].as_str().unwrap();
    let part = Part::of(&placed.body);
    let one = part.items(&[(0, 1)]);
    assert_eq!(part.ship(&world, &seller, &one).await.status, 201);
    world.clock.advance(13 * DAY);
    world.part_until(&seller, id, "open").await;
    world.clock.advance(2 * DAY);
    let late = world.part_until(&seller, id, "delivered").await;
    assert_eq!(late["items"][0]["cancelled"], 2);
    assert_eq!(late["items"][0]["shipped"], 1);
    assert_eq!(late["refunded"]["amount"], 1000);
    world.until_heard("RefundPart", 1).await;
    world.until_heard("ReturnStock", 1).await;
    let timeline = part.timeline(&world, &buyer).await;
    let cancelled = timeline
        .iter()
        .find(|fact| fact["move"] == "cancel")
        .unwrap();
    assert_eq!(cancelled["actor"], json!({"role": "timer"}));
}

#[tokio::test]
async fn a_package_counts_as_delivered_after_some_time_and_its_part_is_completed_after_the_window()
{
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 1)]), &[]).await;
    let id = placed.body["id"].as_str().unwrap();
    let part = Part::of(&placed.body);
    let all = part.everything();
    assert_eq!(part.ship(&world, &seller, &all).await.status, 201);
    world.part_until(&seller, id, "shipped").await;
    world.clock.advance(14 * DAY);
    let delivered = world.part_until(&seller, id, "delivered").await;
    assert!(delivered["shipments"][0]["deliveredAt"].is_string());
    assert_eq!(world.heard("ReleasePart"), 0);
    world.clock.advance(14 * DAY);
    world.part_until(&seller, id, "completed").await;
    world.until_heard("ReleasePart", 1).await;
    let moves: Vec<_> = part
        .timeline(&world, &buyer)
        .await
        .iter()
        .map(|fact| (fact["move"].clone(), fact["actor"]["role"].clone()))
        .collect();
    let expected = [
        ("placed", "buyer"),
        ("paid", "system"),
        ("ship", "seller"),
        ("deliver", "timer"),
        ("complete", "timer"),
    ];
    assert_eq!(moves, expected.map(|(what, who)| (json!(what), json!(who))));
    let scrape = world.host.metrics().await;
    for what in ["deliver", "complete"] {
        let labels = [("move", what), ("role", "timer")];
        let counted = scrape.sum("marketplace_order_moves_total", &labels);
        assert_eq!(counted, Some(1.0), "{what}");
    }
    assert!(
        scrape
            .sum("marketplace_orders_overdue_seconds", &[])
            .is_some()
    );
}
