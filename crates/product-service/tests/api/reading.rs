//! GET /api/products/{id}.

use host::testing::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, lamp};

#[tokio::test]
async fn what_is_known_already_is_not_sent_again() {
    let world = World::new();
    let (seller, buyer) = (world.user(), world.user());
    let product = world.list(&seller, &lamp()).await;
    let path = format!("/api/products/{}", product["id"].as_str().unwrap());
    let ask = |known: &str| {
        Answer::of(
            world
                .host
                .request(Method::GET, &path, &buyer.token)
                .header("if-none-match", known),
        )
    };
    for known in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
        let answer = ask(known).await;
        assert_eq!(
            (answer.status, &answer.body),
            (304, &Value::Null),
            "{known}"
        );
        assert_eq!(answer.header("etag"), "\"1\"");
    }
    assert_eq!(ask("\"0\"").await.body, product);
    world
        .update(&seller, &json!({"id": product["id"], "stock": 1}))
        .await;
    let changed = ask("\"1\"").await;
    assert_eq!((changed.status, &changed.body["stock"]), (200, &json!(1)));
    assert_eq!(changed.header("etag"), "\"2\"");
    world
        .reserve(world.order(), &buyer, &product, 1)
        .await
        .unwrap();
    let sold_out = ask("\"2\"").await;
    assert_eq!((sold_out.status, &sold_out.body["stock"]), (200, &json!(0)));
}

#[tokio::test]
async fn an_id_that_names_nothing_is_404_however_it_is_written() {
    let world = World::new();
    let user = world.user();
    let unknown = world.unknown_product();
    let plain = unknown.replace('-', "");
    for id in [
        unknown.as_str(),
        plain.as_str(),
        "1",
        "nonsense",
        "%20",
        "..%2f",
        "💡",
    ] {
        let answer = world
            .host
            .get(&format!("/api/products/{id}"), &user.token)
            .await;
        answer.assert_problem(404, "product_not_found");
    }
}

#[tokio::test]
async fn a_path_says_which_methods_it_takes() {
    let world = World::new();
    let user = world.user();
    for (method, path, allow) in [
        (Method::GET, "/api/products/create", "POST"),
        (Method::POST, "/api/products/update", "PUT"),
        (Method::DELETE, "/api/products/remove", "PATCH"),
        (Method::POST, "/api/products", "GET, HEAD"),
        (
            Method::PUT,
            "/api/products/0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
            "GET, HEAD",
        ),
    ] {
        let answer = Answer::of(world.host.request(method, path, &user.token)).await;
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
}
