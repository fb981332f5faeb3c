//! Requests that break a rule: each returns a clear problem and changes nothing.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use host::testing::Answer;

use crate::world::{Script, World, one};

const SOME_ID: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

#[rstest]
#[case(json!({}), &[("/items", "required")])]
#[case(json!([]), &[("", "invalid_type")])]
#[case(json!({"items": []}), &[("/items", "too_short")])]
#[case(json!({"items": "x"}), &[("/items", "invalid_type")])]
#[case(json!({"items": null}), &[("/items", "invalid_type")])]
#[case(json!({"items": [{}]}), &[("/items/0/productId", "required"), ("/items/0/quantity", "required")])]
#[case(json!({"items": [{"productId": "1", "quantity": 1.5}]}), &[("/items/0/productId", "invalid_id"), ("/items/0/quantity", "invalid_type")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 0}]}), &[("/items/0/quantity", "out_of_range")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": -1}]}), &[("/items/0/quantity", "out_of_range")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 10_001}]}), &[("/items/0/quantity", "out_of_range")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 1, "price": 1}], "total": 1}), &[("/items/0/price", "unknown_field"), ("/total", "unknown_field")])]
#[case(json!({"productId": SOME_ID}), &[("/quantity", "required")])]
#[case(json!({"productId": SOME_ID, "quantity": "1"}), &[("/quantity", "invalid_type")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 1}], "productId": SOME_ID}), &[("/productId", "unknown_field")])]
#[case(json!({"productId": SOME_ID, "quantity": 1, "unitPrice": 0, "version": 0, "expectedTotal": -1}), &[("/expectedTotal", "out_of_range"), ("/unitPrice", "out_of_range"), ("/version", "out_of_range")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 1, "unitPrice": "5", "version": "1"}], "expectedTotal": {"amount": 1, "currency": "usd"}}), &[("/expectedTotal/currency", "invalid_currency"), ("/items/0/unitPrice", "invalid_type"), ("/items/0/version", "invalid_type")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 1, "expectedTotal": 1}], "unitPrice": 1}), &[("/items/0/expectedTotal", "unknown_field"), ("/unitPrice", "unknown_field")])]
#[case(json!({"items": [{"productId": SOME_ID, "quantity": 1, "unitPrice": 1}, {"productId": SOME_ID, "quantity": 1, "unitPrice": 2}]}), &[("/items", "conflicting_terms")])]
#[case(json!({"productId": SOME_ID, "quantity": 1, "maxTotal": 1}), &[("/maxTotal", "unknown_field")])]
#[tokio::test]
async fn a_body_that_breaks_rules_is_refused_with_every_fault(
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::start(Script::Pays);
    let (_, token) = world.user();
    world.create(&token, &body, &[]).await.assert_faults(faults);
    assert!(world.desk.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_hundred_and_one_lines_are_too_many() {
    let world = World::start(Script::Pays);
    let (_, token) = world.user();
    let lines: Vec<Value> = (0..101)
        .map(|_| json!({"productId": kernel::ProductId::new(&*world.ids), "quantity": 1}))
        .collect();
    world
        .create(&token, &json!({"items": lines}), &[])
        .await
        .assert_faults(&[("/items", "too_long")]);
}

#[rstest]
#[case("application/json", b"{".as_slice(), 400, "malformed_json")]
#[case("application/json", b"{\"items\": \"\xff\"}".as_slice(), 400, "malformed_json")]
#[case("application/json", b"".as_slice(), 400, "malformed_json")]
#[case("text/plain", b"{}".as_slice(), 415, "unsupported_media_type")]
#[tokio::test]
async fn a_body_that_is_not_json_is_refused(
    #[case] media_type: &str,
    #[case] body: &'static [u8],
    #[case] status: u16,
    #[case] code: &str,
) {
    let world = World::start(Script::Pays);
    let (_, token) = world.user();
    let request = world
        .host
        .request(Method::POST, "/api/orders/create", &token)
        .header("content-type", media_type)
        .body(body);
    Answer::of(request).await.assert_problem(status, code);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let world = World::start(Script::Pays);
    let (_, token) = world.user();
    let body = json!({"items": "x".repeat(256 * 1024)});
    world
        .create(&token, &body, &[])
        .await
        .assert_problem(413, "body_too_large");
}

#[rstest]
#[case("?limit=0", "?limit", "out_of_range")]
#[case("?limit=101", "?limit", "out_of_range")]
#[case("?limit=x", "?limit", "invalid_type")]
#[case("?cursor=nonsense", "?cursor", "invalid_cursor")]
#[case("?status=lost", "?status", "unknown_value")]
#[case("?page=2", "?page", "unknown_parameter")]
#[case("?limit=1&limit=2", "?limit", "repeated")]
#[tokio::test]
async fn a_query_that_breaks_a_rule_is_refused(
    #[case] query: &str,
    #[case] pointer: &str,
    #[case] code: &str,
) {
    let world = World::start(Script::Pays);
    let (user, token) = world.user();
    let answer = world
        .host
        .get(&format!("/api/orders/{user}/byUser{query}"), &token)
        .await;
    answer.assert_faults(&[(pointer, code)]);
}

#[tokio::test]
async fn a_cursor_of_another_users_list_is_refused() {
    let world = World::start(Script::Pays);
    let ((product, _), (user, token), (other, _)) = (world.product(10), world.user(), world.user());
    for _ in 0..2 {
        world.create(&token, &one(product, 1), &[]).await;
    }
    let page = world
        .host
        .get(&format!("/api/orders/{user}/byUser?limit=1"), &token)
        .await;
    let cursor = page.body["nextCursor"].as_str().unwrap();
    let answer = world
        .host
        .get(
            &format!("/api/orders/{other}/byUser?cursor={cursor}"),
            &world.admin(),
        )
        .await;
    answer.assert_faults(&[("?cursor", "invalid_cursor")]);
}

#[tokio::test]
async fn what_is_no_order_is_404_and_another_method_405() {
    let world = World::start(Script::Pays);
    let (_, token) = world.user();
    for id in ["1", "x", SOME_ID] {
        world
            .host
            .get(&format!("/api/orders/{id}"), &token)
            .await
            .assert_problem(404, "order_not_found");
    }
    world
        .host
        .get("/api/orders/me/byUser", &token)
        .await
        .assert_problem(403, "forbidden");
    let answer = world.host.get("/api/orders/create", &token).await;
    answer.assert_problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
    world
        .host
        .get("/api/nothing", &token)
        .await
        .assert_problem(404, "not_found");
}
