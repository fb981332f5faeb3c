//! POST /api/orders/create: its answers and their timing.

use serde_json::json;

use crate::world::{Script, World, one};

#[tokio::test]
async fn an_order_that_the_wallet_pays_is_answered_as_paid_with_its_place_and_version() {
    let world = World::start(Script::Pays);
    let ((product, _), (buyer, token)) = (world.product(10), world.user());
    let answer = world.create(&token, &one(product, 3), &[]).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.body["status"], "paid");
    assert_eq!(answer.body["buyerId"], buyer.to_string());
    assert_eq!(
        answer.body["total"],
        json!({"amount": 1500, "currency": "USD"})
    );
    assert_eq!(
        answer.body["items"][0]["lineTotal"],
        json!({"amount": 1500, "currency": "USD"})
    );
    let id = answer.body["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/api/orders/{id}"));
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!(world.stock(product), 7);
    host::testing::eventually("the confirmation", || async {
        (world.heard("ConfirmReservation") == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_short_form_orders_one_product() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let answer = world
        .create(&token, &json!({"productId": product, "quantity": 2}), &[])
        .await;
    assert_eq!(
        (answer.status, &answer.body["items"][0]["quantity"]),
        (201, &json!(2))
    );
}

#[tokio::test]
async fn lines_for_the_same_product_become_one() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let line = json!({"productId": product, "quantity": 2});
    let answer = world
        .create(&token, &json!({"items": [line, line]}), &[])
        .await;
    assert_eq!(answer.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(answer.body["items"][0]["quantity"], 4);
}

#[tokio::test]
async fn a_declined_order_is_answered_with_402_and_the_order_and_its_stock_goes_back() {
    let world = World::start(Script::Declines);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let answer = world.create(&token, &one(product, 3), &[]).await;
    answer.assert_problem(402, "insufficient_funds");
    assert_eq!(answer.body["order"]["status"], "declined");
    assert_eq!(answer.body["order"]["reason"], "insufficient_funds");
    host::testing::eventually("the release", || async {
        (world.heard("ReleaseReservation") == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_order_that_is_not_settled_within_the_wait_is_answered_as_pending() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    for prefer in ["respond-async", "wait=0", "wait=1"] {
        let answer = world
            .create(&token, &one(product, 1), &[("prefer", prefer)])
            .await;
        assert_eq!(
            (answer.status, &answer.body["status"]),
            (202, &json!("pending")),
            "{prefer}"
        );
        let id = answer.body["id"].as_str().unwrap();
        assert_eq!(answer.header("location"), format!("/api/orders/{id}"));
        let applied = if prefer == "respond-async" {
            "respond-async"
        } else {
            ""
        };
        assert_eq!(answer.header("preference-applied"), applied);
    }
}

#[tokio::test]
async fn too_little_stock_is_409_with_the_lines_and_makes_no_order() {
    let world = World::start(Script::Pays);
    let ((product, _), (buyer, token)) = (world.product(2), world.user());
    let answer = world.create(&token, &one(product, 3), &[]).await;
    answer.assert_problem(409, "out_of_stock");
    assert_eq!(
        answer.body["lines"],
        json!([{"productId": product, "requested": 3, "available": 2}])
    );
    let list = world
        .host
        .get(&format!("/api/orders/{buyer}/byUser"), &token)
        .await;
    assert_eq!(list.body["items"], json!([]));
}

#[tokio::test]
async fn an_unknown_product_and_ones_own_are_422() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, token)) = (world.product(2), world.user());
    let unknown = kernel::ProductId::new(&*world.ids);
    let known = json!({"productId": product, "quantity": 1});
    let lines = json!({"items": [known, known, {"productId": unknown, "quantity": 1}]});
    let short = json!({"productId": unknown, "quantity": 1});
    for (body, pointer) in [(lines, "/items/2/productId"), (short, "/productId")] {
        let answer = world.create(&token, &body, &[]).await;
        answer.assert_problem(422, "unknown_product");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer);
    }
    world
        .create(&seller, &one(product, 1), &[])
        .await
        .assert_problem(422, "own_product");
    assert_eq!(world.stock(product), 2);
}

#[tokio::test]
async fn another_price_than_was_agreed_is_told_line_by_line_and_orders_nothing() {
    let world = World::start(Script::Pays);
    let ((product, _), (user, token)) = (world.product(10), world.user());
    let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
    for terms in [
        json!({"unitPrice": 499}),
        json!({"unitPrice": {"amount": 900, "currency": "EUR"}}),
        json!({"version": 2}),
    ] {
        let mut line = json!({"productId": product, "quantity": 1});
        line.as_object_mut()
            .unwrap()
            .extend(terms.as_object().unwrap().clone());
        for body in [line.clone(), json!({"items": [line]})] {
            let refused = world.create(&token, &body, &[]).await;
            refused.assert_problem(409, "price_changed");
            let lines = json!([{"productId": product, "unitPrice": usd(500), "version": 1}]);
            assert_eq!(refused.body["lines"], lines);
            assert_eq!(refused.body["total"], usd(500));
        }
    }
    let agreed = json!({"productId": product, "quantity": 1, "unitPrice": 900, "version": 1});
    let ordered = world.create(&token, &agreed, &[]).await;
    assert_eq!(ordered.status, 201, "{ordered:?}");
    assert_eq!(
        ordered.body["total"],
        usd(500),
        "the lower price is charged"
    );
    let path = format!("/api/orders/{user}/byUser");
    let list = world.host.get(&path, &token).await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.stock(product), 9);
}

#[tokio::test]
async fn an_order_matches_no_version_before_it_exists() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    for tag in ["\"1\"", "*", "W/\"1\""] {
        let headers = [("if-match", tag)];
        let refused = world.create(&token, &one(product, 1), &headers).await;
        refused.assert_problem(412, "precondition_failed");
    }
    assert!(world.desk.asked.lock().unwrap().is_empty());
}
