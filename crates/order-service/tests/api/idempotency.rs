//! Idempotency-Key on POST /api/orders/create.

use serde_json::{Value, json};

use crate::world::{Script, World, one};

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_and_makes_no_second_order() {
    for script in [Script::Pays, Script::Declines] {
        let world = World::start(script);
        let ((product, _), (user, token)) = (world.product(10), world.user());
        let key = [("idempotency-key", "once")];
        let first = world.create(&token, &one(product, 1), &key).await;
        let again = world.create(&token, &one(product, 1), &key).await;
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        if script == Script::Declines {
            first.assert_problem(402, "insufficient_funds");
        }
        for name in ["location", "etag"] {
            assert_eq!(first.header(name), again.header(name));
            assert_eq!(
                first.header(name).is_empty(),
                script == Script::Declines,
                "{name}"
            );
        }
        assert_eq!(
            (
                first.header("idempotency-replayed"),
                again.header("idempotency-replayed")
            ),
            ("", "true")
        );
        let list = world
            .host
            .get(&format!("/api/orders/{user}/byUser"), &token)
            .await;
        assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_pending_answer_stays_the_answer_after_the_order_has_settled() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let headers = [("idempotency-key", "once"), ("prefer", "respond-async")];
    let first = world.create(&token, &one(product, 1), &headers).await;
    assert_eq!(first.status, 202);
    world
        .until(&token, first.body["id"].as_str().unwrap(), "paid")
        .await;
    let again = world.create(&token, &one(product, 1), &headers).await;
    assert_eq!((again.status, again.body), (202, first.body));
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused_but_white_space_and_order_do_not_count() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let key = [("idempotency-key", "once")];
    world.create(&token, &one(product, 1), &key).await;
    world
        .create(&token, &one(product, 2), &key)
        .await
        .assert_problem(422, "idempotency_key_reused");
    let spaced =
        format!(" {{ \"items\" : [ {{ \"quantity\":1, \"productId\" : \"{product}\" }} ] }} ");
    let request = world
        .host
        .request(reqwest::Method::POST, "/api/orders/create", &token)
        .header("content-type", "application/json")
        .header("idempotency-key", "once")
        .body(spaced);
    assert_eq!(
        host::testing::Answer::of(request)
            .await
            .header("idempotency-replayed"),
        "true"
    );
}

#[tokio::test]
async fn the_same_order_spelt_another_way_is_the_same_request() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let key = [("idempotency-key", "once")];
    let body = |product: &str, price: Value| json!({"items": [{"productId": product, "quantity": 2, "unitPrice": price}]});
    let id = product.to_string();
    let first = world.create(&token, &body(&id, json!(500)), &key).await;
    assert_eq!(first.status, 201, "{first:?}");
    let usd = json!({"amount": 500, "currency": "USD"});
    for same in [
        body(&id.to_uppercase(), json!(500)),
        body(&id, usd.clone()),
        body(&id, json!({"amount": 500})),
        json!({"productId": id.to_uppercase(), "quantity": 2, "unitPrice": usd}),
        json!({"items": [{"productId": id, "quantity": 1, "unitPrice": 500}, {"productId": id, "quantity": 1}]}),
    ] {
        let again = world.create(&token, &same, &key).await;
        assert_eq!((again.status, &again.body), (201, &first.body), "{same}");
        assert_eq!(again.header("idempotency-replayed"), "true");
    }
    for other in [
        body(&id, json!(501)),
        one(product, 2),
        json!({"productId": id, "quantity": 2, "unitPrice": 500, "version": 1}),
        json!({"productId": id, "quantity": 2, "unitPrice": 500, "expectedTotal": 1000}),
    ] {
        let reused = world.create(&token, &other, &key).await;
        reused.assert_problem(422, "idempotency_key_reused");
    }
    assert_eq!(world.stock(product), 8);
}

#[tokio::test]
async fn another_price_is_remembered_with_the_key() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let key = [("idempotency-key", "once")];
    let body = json!({"productId": product, "quantity": 1, "unitPrice": 499});
    let first = world.create(&token, &body, &key).await;
    first.assert_problem(409, "price_changed");
    *world.desk.price.lock().unwrap() = 499;
    let again = world.create(&token, &body, &key).await;
    assert_eq!((again.status, &again.body), (409, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(world.stock(product), 10);
    let fresh = world.create(&token, &body, &[("idempotency-key", "new")]);
    assert_eq!(fresh.await.status, 201);
}

#[tokio::test]
async fn keys_of_two_users_have_nothing_to_do_with_each_other() {
    let world = World::start(Script::Pays);
    let (product, _) = world.product(10);
    let ((_, one_token), (_, other_token)) = (world.user(), world.user());
    let key = [("idempotency-key", "once")];
    let first = world.create(&one_token, &one(product, 1), &key).await;
    let second = world.create(&other_token, &one(product, 1), &key).await;
    assert_ne!(first.body["id"], second.body["id"]);
}

#[tokio::test]
async fn too_little_stock_is_remembered_and_a_validation_error_is_not() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(1), world.user());
    let key = [("idempotency-key", "stock")];
    let first = world.create(&token, &one(product, 5), &key).await;
    world
        .desk
        .stock
        .lock()
        .unwrap()
        .get_mut(&product)
        .unwrap()
        .1 = 100;
    let again = world.create(&token, &one(product, 5), &key).await;
    assert_eq!((again.status, &again.body), (409, &first.body));
    let key = [("idempotency-key", "fault")];
    assert_eq!(world.create(&token, &json!({}), &key).await.status, 422);
    let unknown = kernel::ProductId::new(&*world.ids);
    assert_eq!(
        world.create(&token, &one(unknown, 1), &key).await.status,
        422
    );
    assert_eq!(
        world.create(&token, &one(product, 1), &key).await.status,
        201
    );
}

#[tokio::test]
async fn a_request_that_is_still_running_is_409_with_retry_after() {
    let world = World::start(Script::Silent);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    let headers = [("idempotency-key", "once"), ("prefer", "wait=2")];
    let body = one(product, 1);
    let (first, second) = tokio::join!(world.create(&token, &body, &headers), async {
        host::testing::eventually("the first request", || async {
            (world.desk.asked.lock().unwrap().len() == 1).then_some(())
        })
        .await;
        world.create(&token, &body, &headers).await
    });
    assert_eq!(first.status, 202);
    second.assert_problem(409, "request_running");
    assert_eq!(second.header("retry-after"), "1");
}

#[tokio::test]
async fn a_key_that_is_no_key_is_400() {
    let world = World::start(Script::Pays);
    let ((product, _), (_, token)) = (world.product(10), world.user());
    for key in ["", "two words", &"x".repeat(256)] {
        world
            .create(&token, &one(product, 1), &[("idempotency-key", key)])
            .await
            .assert_problem(400, "invalid_header");
    }
    assert_eq!(world.stock(product), 10);
}
