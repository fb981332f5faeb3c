//! PATCH /api/products/remove.

use contracts::reservations::Refusal;
use host::testing::Answer;
use serde_json::json;

use crate::world::{World, lamp};

#[tokio::test]
async fn a_removed_product_is_gone_for_everyone_but_its_seller() {
    let world = World::new();
    let (seller, other) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let body = json!({"id": product["id"]});
    for _ in 0..2 {
        let answer = world.remove(&seller, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            answer.body,
            json!({"id": product["id"], "status": "removed"})
        );
    }
    for query in ["", "?q=lamp", "?category=home", "?sort=price"] {
        assert!(world.names(&seller, query).await.is_empty(), "{query}");
    }
    world
        .get(&other, &product)
        .await
        .assert_problem(404, "product_not_found");
    let shown = world.get(&seller, &product).await;
    assert_eq!(
        (shown.status, &shown.body["status"]),
        (200, &json!("removed"))
    );
    assert_eq!(
        shown.body["version"], 2,
        "removed once, however often it was asked for"
    );
    assert_eq!(shown.header("etag"), "\"2\"");
    let refused = world
        .reserve(world.order(), &other, &product, 1)
        .await
        .unwrap_err();
    assert!(matches!(refused, Refusal::UnknownProducts(_)));
}

#[tokio::test]
async fn another_sellers_product_is_not_removed() {
    let world = World::new();
    let (seller, stranger) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let body = json!({"id": product["id"]});
    world
        .remove(&stranger, &body)
        .await
        .assert_problem(403, "not_owner");
    assert_eq!(world.get(&stranger, &product).await.body, product);
    world.remove(&seller, &body).await;
    world
        .remove(&stranger, &body)
        .await
        .assert_problem(404, "product_not_found");
}

#[tokio::test]
async fn a_product_that_is_not_there_is_not_removed() {
    let world = World::new();
    let body = json!({"id": world.unknown_product()});
    world
        .remove(&world.user(), &body)
        .await
        .assert_problem(404, "product_not_found");
}

#[tokio::test]
async fn a_removal_for_another_version_is_refused() {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    let body = json!({"id": product["id"]});
    Answer::of(world.patch(&seller, &body).header("if-match", "\"5\""))
        .await
        .assert_problem(412, "precondition_failed");
    assert_eq!(world.names(&seller, "").await, ["Desk lamp"]);
    // A repeated removal carries the version from before the first one.
    for _ in 0..2 {
        let answer = Answer::of(world.patch(&seller, &body).header("if-match", "\"1\"")).await;
        assert_eq!(answer.status, 200);
    }
}
