//! Order deadlines.

use std::time::Duration;

use host::testing::eventually;
use serde_json::json;

use crate::world::{DEADLINE, Script, World, one};

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
async fn the_sellers_are_paid_out_of_escrow_when_the_time_has_come() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    world.create(&token, &one(product, 1), &[]).await;
    assert_eq!(world.heard("ReleaseEscrow"), 0);
    world.clock.advance(Duration::from_secs(86_401));
    eventually("the release of escrow", || async {
        (world.heard("ReleaseEscrow") == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_release_that_no_one_answers_is_shown_to_operators_and_counted() {
    let world = World::start(Script::Pays);
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
