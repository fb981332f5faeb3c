//! POST and GET /api/products/{id}/stock.

use host::testing::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{User, World, lamp, with};

fn path(product: &Value, query: &str) -> String {
    let id = product["id"].as_str().unwrap();
    format!("/api/products/{id}/stock{query}")
}

impl World {
    async fn adjust(&self, user: &User, product: &Value, body: &Value) -> Answer {
        self.host.post(&path(product, ""), &user.token, body).await
    }

    async fn history(&self, user: &User, product: &Value, query: &str) -> Vec<Value> {
        let answer = self.host.get(&path(product, query), &user.token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn stock_is_added_and_taken_away_and_the_history_says_who_and_why() {
    let world = World::new();
    let seller = world.user();
    let large = json!({"variants": [{"options": {"Size": "L"}, "stock": 1}]});
    let product = world.list(&seller, &with(lamp(), large)).await;
    let variant = &product["variants"][1]["id"];
    let more = json!({"delta": 12, "reason": "Delivery 2041"});
    let answer = world.adjust(&seller, &product, &more).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("location"), path(&product, ""));
    assert_eq!(answer.header("etag"), "\"2\"");
    let expected = json!({"productId": product["id"], "variantId": product["id"], "delta": 12, "stock": 52, "version": 2});
    assert_eq!(answer.body, expected);
    let less = json!({"variantId": variant, "delta": -1, "reason": "Broken"});
    assert_eq!(
        world.adjust(&seller, &product, &less).await.body["stock"],
        0
    );
    let history = world.history(&seller, &product, "").await;
    let told: Vec<_> = history
        .iter()
        .map(|one| (one["delta"].as_i64().unwrap(), one["reason"].as_str()))
        .collect();
    assert_eq!(
        told[..2],
        [(-1, Some("Broken")), (12, Some("Delivery 2041"))]
    );
    assert_eq!(told.len(), 4, "with the first stock of both");
    for change in &history {
        assert_eq!(change["actorId"], json!(seller.id));
    }
    let of_variant = format!("?variantId={}&limit=1", variant.as_str().unwrap());
    let history = world.history(&seller, &product, &of_variant).await;
    assert_eq!(history[0]["delta"], -1);
    let admin = world.admin();
    assert_eq!(world.history(&admin, &product, "").await.len(), 4);
    world.assert_book_is_right();
}

#[tokio::test]
async fn an_adjustment_counts_once_for_a_key() {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    let once = async |key: &'static str, body: Value| {
        let request = world
            .host
            .request(Method::POST, &path(&product, ""), &seller.token);
        Answer::of(request.header("idempotency-key", key).json(&body)).await
    };
    let more = json!({"delta": 5, "reason": "Found"});
    let first = once("a", more.clone()).await;
    // The default variant written out is the same request.
    let spelt_out = json!({"variantId": product["id"], "delta": 5, "reason": "Found"});
    for body in [more, spelt_out] {
        let again = once("a", body).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
    }
    let other = once("a", json!({"delta": 6, "reason": "Found"})).await;
    other.assert_problem(422, "idempotency_key_reused");
    // A refusal leaves the key free.
    let too_much = once("b", json!({"delta": -46, "reason": "Lost"})).await;
    too_much.assert_problem(409, "insufficient_stock");
    assert_eq!(
        once("b", json!({"delta": -45, "reason": "Lost"}))
            .await
            .status,
        201
    );
    assert_eq!(world.get(&seller, &product).await.body["stock"], 0);
    world.assert_book_is_right();
}

#[tokio::test]
async fn what_is_wrong_with_an_adjustment_is_named_and_nothing_changes() {
    let world = World::new();
    let (seller, stranger) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    for (body, faults) in [
        (
            json!({}),
            vec![("/delta", "required"), ("/reason", "required")],
        ),
        (
            json!({"delta": 0, "reason": ""}),
            vec![("/delta", "out_of_range"), ("/reason", "too_short")],
        ),
        (
            json!({"delta": 1.5, "reason": "x"}),
            vec![("/delta", "invalid_type")],
        ),
        (
            json!({"delta": 1_000_000_001, "reason": "x"}),
            vec![("/delta", "out_of_range")],
        ),
        (
            json!({"delta": i64::MIN, "reason": "x"}),
            vec![("/delta", "out_of_range")],
        ),
        (
            json!({"delta": 1_000_000_000, "reason": "x"}),
            vec![("/delta", "out_of_range")],
        ),
        (
            json!({"delta": 1, "reason": "x".repeat(201)}),
            vec![("/reason", "too_long")],
        ),
        (
            json!({"delta": 1, "reason": "x", "variantId": "x"}),
            vec![("/variantId", "invalid_id")],
        ),
        (
            json!({"delta": 1, "reason": "x", "stock": 5}),
            vec![("/stock", "unknown_field")],
        ),
    ] {
        let refused = world.adjust(&seller, &product, &body).await;
        refused.assert_faults(&faults);
    }
    let one = json!({"delta": 1, "reason": "x"});
    let refused = world.adjust(&stranger, &product, &one).await;
    refused.assert_problem(403, "not_owner");
    let unknown = json!({"id": world.unknown_product()});
    let refused = world.adjust(&seller, &unknown, &one).await;
    refused.assert_problem(404, "product_not_found");
    let other = with(one.clone(), json!({"variantId": world.unknown_product()}));
    let refused = world.adjust(&seller, &product, &other).await;
    refused.assert_problem(404, "variant_not_found");
    let too_many = json!({"delta": -41, "reason": "x"});
    let refused = world.adjust(&seller, &product, &too_many).await;
    assert_eq!(refused.body["available"], 40);
    refused.assert_problem(409, "insufficient_stock");
    assert_eq!(world.get(&seller, &product).await.body, product);
    for (user, status, code) in [(&stranger, 403, "not_owner")] {
        let refused = world.host.get(&path(&product, ""), &user.token).await;
        refused.assert_problem(status, code);
    }
    let refused = world
        .host
        .get(
            &path(&product, "?variantId=x&cursor=y&limit=0"),
            &seller.token,
        )
        .await;
    refused.assert_faults(&[("?variantId", "invalid_id"), ("?limit", "out_of_range")]);
    let refused = world.host.get(&path(&unknown, ""), &seller.token).await;
    refused.assert_problem(404, "product_not_found");
}
