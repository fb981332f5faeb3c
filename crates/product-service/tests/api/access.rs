//! Authorization: everything requires a token, except reads of a public catalogue.

use host::testing::Answer;
use product_service::Config;
use reqwest::Method;
use serde_json::json;

use crate::world::{World, lamp};

const READS: [&str; 2] = [
    "/api/products",
    "/api/products/0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
];
const WRITES: [(Method, &str); 3] = [
    (Method::POST, "/api/products/create"),
    (Method::PUT, "/api/products/update"),
    (Method::PATCH, "/api/products/remove"),
];

#[tokio::test]
async fn without_a_token_nothing_is_read_of_a_closed_catalogue_or_written() {
    let world = World::with_config(&Config {
        public: false,
        ..Config::default()
    });
    for token in ["", "x.y.z"] {
        for path in READS {
            let answer = world.host.get(path, token).await;
            answer.assert_problem(401, "unauthenticated");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        for (method, path) in WRITES {
            let answer = Answer::of(world.host.request(method, path, token).json(&lamp())).await;
            answer.assert_problem(401, "unauthenticated");
        }
    }
    assert!(world.names(&world.user(), "").await.is_empty());
}

#[tokio::test]
async fn a_public_catalogue_is_read_by_anyone_and_written_by_users_only() {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    assert_eq!(world.host.get(&path, "").await.body, product);
    let page = world.host.get("/api/products?q=lamp", "").await;
    assert_eq!(page.body["items"], json!([product]));
    for (method, path) in WRITES {
        let answer = Answer::of(world.host.request(method, path, "").json(&lamp())).await;
        answer.assert_problem(401, "unauthenticated");
    }
    // A token, if present, must be valid.
    world
        .host
        .get(&path, "x.y.z")
        .await
        .assert_problem(401, "unauthenticated");
    world.remove(&seller, &json!({"id": product["id"]})).await;
    world
        .host
        .get(&path, "")
        .await
        .assert_problem(404, "product_not_found");
    assert_eq!(world.get(&seller, &product).await.status, 200);
}
