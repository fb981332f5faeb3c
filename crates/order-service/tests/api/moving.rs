//! Shipping, delivering, cancelling.

use serde_json::json;

use order_service::Config;

use crate::world::{Part, Script, World, one, shipped};

#[tokio::test]
async fn a_seller_ships_in_packages_and_the_buyer_says_that_they_arrived() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 3)]), &[]).await;
    let part = Part::of(&placed.body);
    let id = part.order.as_str();
    let body = json!({
        "items": part.items(&[(0, 1)]), "carrier": " Royal Mail ", "trackingNumber": "RM 1234 5678 9GB",
        "trackingUrl": "https://example.com/track?n=1",
    });
    let first = world
        .make(&part.path("/shipments"), &seller, &body, &[])
        .await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.header("location"), format!("/api/orders/{id}"));
    let package = first.body["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": package, "items": part.items(&[(0, 1)]), "carrier": "Royal Mail", "trackingNumber": "RM 1234 5678 9GB",
        "trackingUrl": "https://example.com/track?n=1", "shippedAt": world.now(),
    });
    assert_eq!(first.body, expected);
    let open = world.part_until(&buyer, id, "open").await;
    assert_eq!(open["shipments"], json!([expected]));
    assert_eq!(open["items"][0]["shipped"], 1);
    let order = world.host.get(&part.order_path(""), &buyer).await.body;
    assert_eq!(order["fulfilmentStatus"], "partially_shipped");

    let too_many = part.ship(&world, &seller, &part.items(&[(0, 3)])).await;
    too_many.assert_problem(409, "move_not_allowed");
    assert_eq!(
        too_many.body["allowed"],
        json!(["ship", "deliver", "cancel", "refund"])
    );
    let second = part.ship(&world, &seller, &part.items(&[(0, 2)])).await;
    assert_eq!(second.status, 201);
    world.part_until(&buyer, id, "shipped").await;

    let deliver = |package: &str| part.path(&format!("/shipments/{package}/deliver"));
    let never = deliver(&part.id);
    let unknown = world.make(&never, &buyer, &json!({}), &[]).await;
    unknown.assert_problem(404, "shipment_not_found");
    let path = deliver(&package);
    let arrived = world.make(&path, &buyer, &json!({}), &[]).await;
    assert_eq!(
        (arrived.status, &arrived.body["fulfilments"][0]["status"]),
        (200, &json!("shipped"))
    );
    let again = world.make(&path, &buyer, &json!({}), &[]).await;
    again.assert_problem(409, "move_not_allowed");
    assert_eq!(again.body["allowed"], json!(["deliver", "open_dispute"]));
    let path = deliver(second.body["id"].as_str().unwrap());
    let arrived = world.make(&path, &seller, &json!({}), &[]).await;
    assert_eq!(arrived.status, 200, "{arrived:?}");
    assert_eq!(arrived.body["fulfilmentStatus"], "delivered");
    let delivered = &arrived.body["fulfilments"][0];
    assert_eq!(delivered["status"], "delivered");
    assert!(delivered["releaseAt"].is_string());
    assert_eq!(delivered["commission"]["amount"], 150);
}

#[tokio::test]
async fn a_buyer_cancels_some_of_an_order_and_then_the_rest_of_all_parts() {
    let world = World::start(Script::Pays);
    let ((lamp, _), (chair, alan)) = (world.to_ship(10), world.to_ship(10));
    let (_, buyer) = world.user();
    let placed = world
        .create(&buyer, &shipped(&[(lamp, 2), (chair, 3)]), &[])
        .await;
    let [of_grace, of_alan] = Part::all(&placed.body).try_into().ok().unwrap();
    assert_eq!(
        of_alan
            .ship(&world, &alan, &of_alan.items(&[(0, 1)]))
            .await
            .status,
        201
    );
    let path = of_grace.order_path("/cancel");
    let some = json!({"items": of_grace.items(&[(0, 1)]), "reason": "One is enough"});
    let cancelled = world.make(&path, &buyer, &some, &[]).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    assert_eq!(cancelled.body["fulfilments"][0]["items"][0]["cancelled"], 1);
    assert_eq!(cancelled.body["paymentStatus"], "partially_refunded");
    let rest = world
        .make(&path, &buyer, &json!({"reason": "Moved away"}), &[])
        .await;
    assert_eq!(rest.status, 200, "{rest:?}");
    let parts = &rest.body["fulfilments"];
    assert_eq!(parts[0]["status"], "cancelled");
    assert_eq!(parts[0]["refunded"]["amount"], 1000);
    assert_eq!(parts[1]["status"], "shipped");
    assert_eq!(parts[1]["items"][0]["cancelled"], 2);
    assert_eq!(parts[1]["refunded"]["amount"], 1000);
    let over = world
        .make(&path, &buyer, &json!({"reason": "Again"}), &[])
        .await;
    over.assert_problem(409, "move_not_allowed");
    assert_eq!(over.body["allowed"], json!(["deliver", "open_dispute"]));
    world.until_heard("RefundPart", 3).await;
    world.until_heard("ReturnStock", 3).await;
    let notes: Vec<_> = of_grace
        .timeline(&world, &buyer)
        .await
        .into_iter()
        .filter(|fact| fact["move"] == "cancel")
        .map(|fact| fact["note"].clone())
        .collect();
    assert_eq!(notes, ["One is enough", "Moved away", "Moved away"]);
}

#[tokio::test]
async fn an_order_that_is_cancelled_altogether_is_refunded() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 2)]), &[]).await;
    let part = Part::of(&placed.body);
    let reason = json!({"reason": "Out of lamps"});
    let cancelled = world
        .make(&part.path("/cancel"), &seller, &reason, &[])
        .await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    assert_eq!(cancelled.body["fulfilmentStatus"], "cancelled");
    let order = world.until(&buyer, &part.order, "refunded").await;
    assert_eq!(order["paymentStatus"], "refunded");
    assert_eq!(order.get("reason"), None);
    let seen = world.host.get(&part.order_path(""), &seller).await.body;
    assert_eq!(seen["fulfilments"][0]["commission"]["amount"], 0);
    world
        .clock
        .advance(std::time::Duration::from_secs(90 * 24 * 60 * 60));
    assert_eq!(world.heard("ReleasePart"), 0);
}

#[tokio::test]
async fn a_buyer_may_cancel_only_where_the_operator_lets_them() {
    let config = Config {
        buyer_may_cancel: false,
        ..Config::default()
    };
    let world = World::with(config);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 2)]), &[]).await;
    let part = Part::of(&placed.body);
    let reason = json!({"reason": "Changed my mind"});
    let path = part.order_path("/cancel");
    world.part_until(&seller, &part.order, "open").await;
    let refused = world.make(&path, &buyer, &reason, &[]).await;
    refused.assert_problem(409, "move_not_allowed");
    assert_eq!(refused.body["allowed"], json!([]));
    let operator = world.make(&path, &world.admin(), &reason, &[]).await;
    assert_eq!(operator.status, 200, "{operator:?}");
}

#[tokio::test]
async fn a_move_holds_to_the_version_of_the_part() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 3)]), &[]).await;
    let part = Part::of(&placed.body);
    let version = |part: &serde_json::Value| format!("\"{}\"", part["version"]);
    let now = version(&world.part_until(&seller, &part.order, "open").await);
    let body = json!({"items": part.items(&[(0, 1)]), "carrier": "UPS", "trackingNumber": "1Z"});
    let path = part.path("/shipments");
    let stale = world
        .make(&path, &seller, &body, &[("if-match", "\"4711\"")])
        .await;
    stale.assert_problem(412, "precondition_failed");
    let made = world
        .make(&path, &seller, &body, &[("if-match", &now)])
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let stale = world
        .make(&path, &seller, &body, &[("if-match", &now)])
        .await;
    stale.assert_problem(412, "precondition_failed");
    let order = world.host.get(&part.order_path(""), &buyer).await;
    assert_eq!(
        order.body["fulfilments"][0]["shipments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let reason = json!({"reason": "Enough"});
    let path = part.order_path("/cancel");
    let stale = world
        .make(&path, &buyer, &reason, &[("if-match", "\"1\"")])
        .await;
    stale.assert_problem(412, "precondition_failed");
    let tag = order.header("etag").to_owned();
    let cancelled = world
        .make(&path, &buyer, &reason, &[("if-match", &tag)])
        .await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
}

#[tokio::test]
async fn a_move_is_made_once_for_its_key() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 3)]), &[]).await;
    let part = Part::of(&placed.body);
    let body = |count| json!({"items": part.items(&[(0, count)]), "carrier": "UPS", "trackingNumber": "1Z"});
    let path = part.path("/shipments");
    let key = [("idempotency-key", "once")];
    let first = world.make(&path, &seller, &body(1), &key).await;
    let again = world.make(&path, &seller, &body(1), &key).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.header("location"), again.header("location"));
    let other = world.make(&path, &seller, &body(2), &key).await;
    other.assert_problem(422, "idempotency_key_reused");
    let second = world.create(&buyer, &shipped(&[(product, 1)]), &[]).await;
    let elsewhere = Part::of(&second.body).path("/shipments");
    let other = world.make(&elsewhere, &seller, &body(1), &key).await;
    other.assert_problem(422, "idempotency_key_reused");
    let order = world.host.get(&part.order_path(""), &seller).await.body;
    assert_eq!(order["fulfilments"][0]["items"][0]["shipped"], 1);
    // A refusal is not remembered: nothing was done.
    let key = [("idempotency-key", "too-many")];
    let refused = world.make(&path, &seller, &body(3), &key).await;
    refused.assert_problem(409, "move_not_allowed");
    let shipped = world.make(&path, &seller, &body(2), &key).await;
    assert_eq!(shipped.status, 201, "{shipped:?}");
}

#[tokio::test]
async fn a_move_waits_for_an_order_that_is_not_ready_and_then_says_so() {
    let world = World::start(Script::Pays);
    *world.confirms.lock().unwrap() = false;
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let placed = world.create(&buyer, &shipped(&[(product, 1)]), &[]).await;
    assert_eq!(placed.status, 201);
    let part = Part::of(&placed.body);
    let body = json!({"items": part.everything(), "carrier": "UPS", "trackingNumber": "1Z"});
    let path = part.path("/shipments");
    for prefer in ["respond-async", "wait=0", "wait=1"] {
        let early = world
            .make(&path, &seller, &body, &[("prefer", prefer)])
            .await;
        early.assert_problem(409, "order_not_ready");
        assert_eq!(early.header("retry-after"), "1");
    }
    let patient = [("prefer", "wait=30")];
    let (made, ()) = tokio::join!(world.make(&path, &seller, &body, &patient), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        *world.confirms.lock().unwrap() = true;
        // The next resend is answered.
        world.clock.advance(std::time::Duration::from_secs(11));
    });
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test]
async fn what_is_not_shipped_has_nothing_to_ship_and_is_over_when_its_time_has_come() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let placed = world.create(&buyer, &one(product, 2), &[]).await;
    let part = Part::of(&placed.body);
    world.part_until(&seller, &part.order, "delivered").await;
    let refused = part.ship(&world, &seller, &part.everything()).await;
    refused.assert_problem(409, "move_not_allowed");
    assert_eq!(refused.body["allowed"], json!(["refund"]));
}

#[tokio::test]
async fn the_answer_to_a_keyed_order_stays_as_it_was_whatever_became_of_its_parts() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.to_ship(10), world.user());
    let (body, key) = (shipped(&[(product, 2)]), [("idempotency-key", "once")]);
    let first = world.create(&buyer, &body, &key).await;
    let part = Part::of(&first.body);
    assert_eq!(
        part.ship(&world, &seller, &part.items(&[(0, 1)]))
            .await
            .status,
        201
    );
    part.refund(&world, &seller, ("amount", json!(5)), &[])
        .await;
    let again = world.create(&buyer, &body, &key).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(first.header("etag"), again.header("etag"));
}
