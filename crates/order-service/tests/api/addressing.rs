//! Where an order is shipped to, what its buyer says with it, and what people are called.

use serde_json::{Value, json};

use crate::world::{Script, World, address, one, shipped};

#[tokio::test]
async fn an_order_of_something_shipped_needs_an_address_and_holds_no_stock_without_one() {
    let world = World::start(Script::Pays);
    let ((product, _), (user, buyer)) = (world.to_ship(10), world.user());
    for key in [None, Some(("idempotency-key", "once"))] {
        let headers: Vec<_> = key.into_iter().collect();
        let refused = world.create(&buyer, &one(product, 1), &headers).await;
        refused.assert_faults(&[("/shippingAddress", "required")]);
    }
    world.until_heard("ReleaseReservation", 2).await;
    let list = format!("/api/orders/{user}/byUser");
    assert_eq!(world.host.get(&list, &buyer).await.body["items"], json!([]));
    assert_eq!(world.heard("DebitForOrder"), 0);
    // The key is as if it had never been used.
    let key = [("idempotency-key", "once")];
    let placed = world.create(&buyer, &shipped(&[(product, 1)]), &key).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    assert_eq!(placed.body["shippingAddress"], address());
}

#[tokio::test]
async fn the_buyer_the_sellers_and_operators_see_address_and_note_and_nobody_else_does() {
    let world = World::start(Script::Pays);
    let ((lamp, grace), (chair, alan)) = (world.to_ship(10), world.product(10));
    let ((_, buyer), (_, stranger)) = (world.user(), world.user());
    let mut body = shipped(&[(lamp, 1), (chair, 1)]);
    body["note"] = json!("Ring twice,\nplease");
    let placed = world.create(&buyer, &body, &[]).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let path = format!("/api/orders/{}", placed.body["id"].as_str().unwrap());
    for token in [&buyer, &grace, &alan, &world.admin()] {
        let seen = world.host.get(&path, token).await.body;
        assert_eq!(seen["shippingAddress"], address());
        assert_eq!(seen["note"], "Ring twice,\nplease");
    }
    let hidden = world.host.get(&path, &stranger).await;
    hidden.assert_problem(404, "order_not_found");
}

#[tokio::test]
async fn an_order_of_nothing_shipped_needs_no_address_and_keeps_one_that_is_given() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, buyer)) = (world.product(10), world.user());
    let plain = world.create(&buyer, &one(product, 1), &[]).await;
    assert_eq!(plain.status, 201);
    assert_eq!(plain.body.get("shippingAddress"), None);
    assert_eq!(plain.body.get("note"), None);
    let short =
        json!({"productId": product, "quantity": 1, "shippingAddress": address(), "note": null});
    let placed = world.create(&buyer, &short, &[]).await;
    assert_eq!(placed.body["shippingAddress"], address());
}

#[tokio::test]
async fn the_address_belongs_to_what_an_idempotency_key_stands_for() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, buyer)) = (world.to_ship(10), world.user());
    let key = [("idempotency-key", "once")];
    let body = shipped(&[(product, 1)]);
    let first = world.create(&buyer, &body, &key).await;
    assert_eq!(first.status, 201);
    let again = world.create(&buyer, &body, &key).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let mut other = body.clone();
    other["shippingAddress"]["city"] = json!("Paris");
    let reused = world.create(&buyer, &other, &key).await;
    reused.assert_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn an_address_in_no_country_and_one_with_other_faults_is_refused_and_nothing_is_asked() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, buyer)) = (world.to_ship(10), world.user());
    let with = |field: &str, value: Value| {
        let mut body = shipped(&[(product, 1)]);
        body["shippingAddress"][field] = value;
        body
    };
    for (field, value, code) in [
        ("country", json!("XX"), "invalid_country"),
        ("country", json!("gb"), "invalid_country"),
        ("country", json!(5), "invalid_type"),
        ("city", json!("a\u{0}b"), "invalid_character"),
        ("line1", json!("x".repeat(201)), "too_long"),
        ("name", json!("\u{202E}Ada"), "invalid_character"),
        ("phone", json!("call me"), "invalid_phone"),
        ("planet", json!("Earth"), "unknown_field"),
    ] {
        let refused = world.create(&buyer, &with(field, value), &[]).await;
        refused.assert_faults(&[(&format!("/shippingAddress/{field}"), code)]);
    }
    let mut body = shipped(&[(product, 1)]);
    body["note"] = json!("x".repeat(2001));
    body["shippingAddress"] = json!("London");
    let refused = world.create(&buyer, &body, &[]).await;
    refused.assert_faults(&[("/note", "too_long"), ("/shippingAddress", "invalid_type")]);
    assert!(world.desk.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_order_keeps_what_its_buyer_and_its_seller_were_called() {
    let world = World::start(Script::Pays);
    let ((product, seller), (user, buyer)) = (world.product(10), world.user());
    world.named(user, "Ada", 1).await;
    let first = world.create(&buyer, &one(product, 1), &[]).await;
    assert_eq!(first.body["fulfilments"][0]["seller"]["name"], "Grace");
    world.named(user, "Ada Lovelace", 2).await;
    world.named(user, "Ada", 1).await;
    world.clock.advance(std::time::Duration::from_secs(1));
    world.create(&buyer, &one(product, 1), &[]).await;
    let names = host::testing::eventually("both sales", || async {
        let sales = world.host.get("/api/orders/sales", &seller).await.body;
        let sales = sales["items"].as_array().unwrap().clone();
        let names = sales.iter().map(|sale| sale["buyerName"].clone());
        (sales.len() == 2).then(|| names.collect::<Vec<_>>())
    })
    .await;
    assert_eq!(names, ["Ada Lovelace", "Ada"]);
}
