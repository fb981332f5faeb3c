//! Orders of variants, and what a buyer keeps with an order.

use serde_json::{Value, json};

use crate::world::{Script, World, one};

#[tokio::test]
async fn lines_of_different_variants_stay_apart_and_say_which_they_are() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let large = world.variant(product);
    let line = |variant: Value, quantity: i64| json!({"productId": product, "variantId": variant, "quantity": quantity});
    let items = json!({"items": [
        line(json!(large), 2), line(json!(product), 1), line(Value::Null, 1), line(json!(large), 1),
    ]});
    let placed = world.create(&buyer, &items, &[]).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let told = |items: &Value| -> Vec<(Value, Value, Value)> {
        let items = items.as_array().unwrap().iter();
        let member = |item: &Value, name: &str| item.get(name).cloned().unwrap_or_default();
        items
            .map(|item| {
                (
                    member(item, "variantId"),
                    member(item, "options"),
                    member(item, "quantity"),
                )
            })
            .collect()
    };
    let expected = [
        (json!(large), json!({"Size": large}), json!(3)),
        (Value::Null, Value::Null, json!(2)),
    ];
    assert_eq!(told(&placed.body["items"]), expected);
    assert_eq!(told(&placed.body["fulfilments"][0]["items"]), expected);
    let path = format!("/api/orders/{}", placed.body["id"].as_str().unwrap());
    let seen = world.host.get(&path, &seller).await;
    assert_eq!(told(&seen.body["items"]), expected);
}

#[tokio::test]
async fn a_variant_that_the_product_does_not_have_is_named_and_nothing_is_ordered() {
    let world = World::start(Script::Pays);
    let ((product, _), (other, _), (_, buyer)) =
        (world.product(10), world.product(10), world.user());
    let large = world.variant(product);
    let items = json!({"items": [
        {"productId": product, "variantId": large, "quantity": 1},
        {"productId": other, "variantId": large, "quantity": 1},
    ]});
    let refused = world.create(&buyer, &items, &[]).await;
    refused.assert_problem(422, "unknown_variant");
    assert_eq!(refused.body["errors"][0]["pointer"], "/items/1/variantId");
    let short = json!({"productId": other, "variantId": large, "quantity": 1});
    let refused = world.create(&buyer, &short, &[]).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/variantId");
    let malformed = json!({"productId": product, "variantId": "L", "quantity": 1});
    let refused = world.create(&buyer, &malformed, &[]).await;
    refused.assert_faults(&[("/variantId", "invalid_id")]);
    let too_many = json!({"productId": product, "variantId": large, "quantity": 11});
    let refused = world.create(&buyer, &too_many, &[]).await;
    refused.assert_problem(409, "out_of_stock");
    assert_eq!(refused.body["lines"][0]["variantId"], json!(large));
    let dear = json!({"productId": product, "variantId": large, "quantity": 1, "unitPrice": 499});
    let refused = world.create(&buyer, &dear, &[]).await;
    refused.assert_problem(409, "price_changed");
    assert_eq!(refused.body["lines"][0]["variantId"], json!(large));
    assert_eq!((world.stock(product), world.stock(other)), (10, 10));
}

#[tokio::test]
async fn the_buyer_and_operators_see_what_the_buyer_keeps_with_an_order_and_sellers_do_not() {
    let world = World::start(Script::Pays);
    let ((product, seller), (_, buyer)) = (world.product(10), world.user());
    let mut body = one(product, 1);
    body["metadata"] = json!({"cart": "7", "a.b": {"$c": [null]}});
    let once = [("idempotency-key", "key")];
    let placed = world.create(&buyer, &body, &once).await;
    assert_eq!(placed.body["metadata"], body["metadata"]);
    let again = world.create(&buyer, &body, &once).await;
    assert_eq!((again.status, &again.body), (201, &placed.body));
    let mut other = body.clone();
    other["metadata"] = json!({});
    let refused = world.create(&buyer, &other, &once).await;
    refused.assert_problem(422, "idempotency_key_reused");
    let path = format!("/api/orders/{}", placed.body["id"].as_str().unwrap());
    for token in [&buyer, &world.admin()] {
        let seen = world.host.get(&path, token).await;
        assert_eq!(seen.body["metadata"], body["metadata"]);
    }
    let seen = world.host.get(&path, &seller).await;
    assert_eq!((seen.status, seen.body.get("metadata")), (200, None));
    for (metadata, fault) in [
        (json!([]), "invalid_type"),
        (json!("x"), "invalid_type"),
        (json!({"a": "x".repeat(16 * 1024)}), "too_long"),
    ] {
        body["metadata"] = metadata;
        let refused = world.create(&buyer, &body, &[]).await;
        refused.assert_faults(&[("/metadata", fault)]);
    }
}
