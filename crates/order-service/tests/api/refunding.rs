//! POST /api/orders/{id}/refunds.

use std::time::Duration;

use serde_json::json;

use crate::world::{Part, Refunds, Script, World, one, shipped};

#[tokio::test]
async fn a_refund_is_answered_when_the_buyer_has_the_money() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 2)]), &[]).await;
    let part = Part::of(&placed.body);
    let refunded = part
        .refund(&world, &seller, ("amount", json!(300)), &[])
        .await;
    assert_eq!(refunded.status, 201, "{refunded:?}");
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    let expected = json!({
        "id": refunded.body["id"], "fulfilmentId": part.id, "amount": usd(300), "commissionReversed": usd(30), "status": "done",
    });
    assert_eq!(refunded.body, expected);
    assert_eq!(refunded.header("location"), part.order_path(""));
    let order = world.host.get(&part.order_path(""), &seller).await.body;
    assert_eq!(order["paymentStatus"], "partially_refunded");
    let seen = &order["fulfilments"][0];
    assert_eq!(
        (&seen["refunded"], &seen["commission"]),
        (&usd(300), &usd(70))
    );
    assert_eq!(seen["items"][0]["refundedAmount"], usd(300));
    let euro = json!({"amount": 1, "currency": "EUR"});
    let other = part.refund(&world, &seller, ("amount", euro), &[]).await;
    other.assert_faults(&[("/amount/currency", "wrong_currency")]);
}

#[tokio::test]
async fn refunding_items_that_are_not_shipped_cancels_them_and_shipped_ones_go_back_only_on_request()
 {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 4)]), &[]).await;
    let part = Part::of(&placed.body);
    part.ship(&world, &seller, &part.items(&[(0, 3)])).await;
    let two = ("items", part.items(&[(0, 2)]));
    let refunded = part.refund(&world, &seller, two, &[]).await;
    assert_eq!(refunded.status, 201, "{refunded:?}");
    assert_eq!(refunded.body["amount"]["amount"], 1000);
    let item = world.part_until(&seller, &part.order, "shipped").await["items"][0].clone();
    assert_eq!(
        (&item["cancelled"], &item["returned"], &item["refunded"]),
        (&json!(1), &json!(0), &json!(2))
    );
    world.until_heard("ReturnStock", 1).await;
    let path = part.order_path("/refunds");
    let body = json!({"fulfilmentId": part.id, "items": part.items(&[(0, 1)]), "reason": "Back", "restock": true});
    let back = world.make(&path, &seller, &body, &[]).await;
    assert_eq!(back.status, 201, "{back:?}");
    world.until_heard("ReturnStock", 2).await;
    let too_many = part
        .refund(&world, &seller, ("items", part.items(&[(0, 2)])), &[])
        .await;
    too_many.assert_problem(409, "refund_exceeds");
    assert_eq!(too_many.body["left"]["amount"], 500);
}

#[tokio::test]
async fn more_than_is_left_is_refused_with_what_is_left() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let placed = world.create(&buyer, &one(product, 2), &[]).await;
    let part = Part::of(&placed.body);
    let exceeds = part
        .refund(&world, &seller, ("amount", json!(1001)), &[])
        .await;
    exceeds.assert_problem(409, "refund_exceeds");
    assert_eq!(
        exceeds.body["left"],
        json!({"amount": 1000, "currency": "USD"})
    );
    let all = part
        .refund(&world, &seller, ("amount", json!(1000)), &[])
        .await;
    assert_eq!(all.status, 201, "{all:?}");
    let exceeds = part
        .refund(&world, &seller, ("amount", json!(1)), &[])
        .await;
    exceeds.assert_problem(409, "refund_exceeds");
    assert_eq!(exceeds.body["left"]["amount"], 0);
    let order = world.until(&buyer, &part.order, "refunded").await;
    assert_eq!(order["paymentStatus"], "refunded");
    assert_eq!(world.heard("RefundPart"), 1);
}

#[tokio::test]
async fn a_refund_that_takes_longer_is_answered_as_pending_and_done_later() {
    let world = World::start(Script::Pays);
    *world.refunds.lock().unwrap() = Refunds::Silent;
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let placed = world.create(&buyer, &one(product, 2), &[]).await;
    let part = Part::of(&placed.body);
    world.until_sold(&seller, &part.order).await;
    for prefer in ["respond-async", "wait=0", "wait=1"] {
        let key = format!("key-{prefer}");
        let headers = [("prefer", prefer), ("idempotency-key", key.as_str())];
        let pending = part
            .refund(&world, &seller, ("amount", json!(100)), &headers)
            .await;
        assert_eq!(pending.status, 202, "{pending:?}");
        assert_eq!(pending.body["status"], "pending");
        assert_eq!(pending.body.get("commissionReversed"), None);
        assert_eq!(pending.header("location"), part.order_path(""));
        let applied = if prefer == "respond-async" {
            prefer
        } else {
            ""
        };
        assert_eq!(pending.header("preference-applied"), applied);
        let again = part
            .refund(&world, &seller, ("amount", json!(100)), &headers)
            .await;
        assert_eq!((again.status, &again.body), (202, &pending.body));
    }
    let order = world.host.get(&part.order_path(""), &buyer).await.body;
    assert_eq!(order["fulfilments"][0]["refunded"]["amount"], 300);
    *world.refunds.lock().unwrap() = Refunds::Done;
    world.clock.advance(Duration::from_secs(11));
    let done = host::testing::eventually("the refunds", || async {
        let timeline = part.timeline(&world, &seller).await;
        let done: Vec<_> = timeline
            .into_iter()
            .filter(|fact| fact["move"] == "refunded")
            .collect();
        (done.len() == 3).then_some(done)
    })
    .await;
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    assert_eq!(done[0]["details"]["amount"], usd(100));
    assert_eq!(done[0]["details"]["commissionReversed"], usd(10));
    let buyers = part.timeline(&world, &buyer).await;
    assert!(
        buyers
            .iter()
            .all(|fact| fact["details"].get("commissionReversed").is_none())
    );
}

#[tokio::test]
async fn a_refund_is_made_once_for_its_key_and_each_repeat_is_told_the_same() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let placed = world.create(&buyer, &one(product, 2), &[]).await;
    let part = Part::of(&placed.body);
    let key = [("idempotency-key", "once")];
    let first = part
        .refund(&world, &seller, ("amount", json!(100)), &key)
        .await;
    assert_eq!(first.status, 201, "{first:?}");
    for body in [json!(100), json!({"amount": 100})] {
        let again = part.refund(&world, &seller, ("amount", body), &key).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
    }
    let other = part
        .refund(&world, &seller, ("amount", json!(101)), &key)
        .await;
    other.assert_problem(422, "idempotency_key_reused");
    assert_eq!(world.heard("RefundPart"), 1);
}

#[tokio::test]
async fn a_refund_that_the_wallet_refuses_stays_pending_and_is_an_operators_to_settle() {
    let world = World::start(Script::Pays);
    *world.refunds.lock().unwrap() = Refunds::Refused;
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let placed = world.create(&buyer, &one(product, 2), &[]).await;
    let part = Part::of(&placed.body);
    let headers = [("prefer", "wait=1")];
    let refused = part
        .refund(&world, &seller, ("amount", json!(100)), &headers)
        .await;
    assert_eq!(
        (refused.status, &refused.body["status"]),
        (202, &json!("pending"))
    );
    let admin = world.admin();
    let review = world
        .host
        .get("/api/orders?needsReview=true", &admin)
        .await
        .body;
    assert_eq!(review["items"][0]["id"], part.order.as_str());
    *world.refunds.lock().unwrap() = Refunds::Done;
    let retried = world
        .make(&part.order_path("/retry"), &admin, &json!({}), &[])
        .await;
    assert_eq!(retried.status, 200, "{retried:?}");
    host::testing::eventually("the refund", || async {
        let timeline = part.timeline(&world, &buyer).await;
        (timeline.last().unwrap()["move"] == "refunded").then_some(())
    })
    .await;
    let review = world
        .host
        .get("/api/orders?needsReview=true", &admin)
        .await
        .body;
    assert_eq!(review["items"], json!([]));
}
