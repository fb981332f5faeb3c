//! Rules for every path: problems, request ids, health, the docs page.

use e2e::{Answer, Shape};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_problems() {
    let shape = Shape::start();
    let client = shape.client();
    for path in [
        "/api",
        "/api/nothing",
        "/api/wallet",
        "/internal/reservations/x",
        "/api/products/create/x",
    ] {
        client.get(path).await.assert_problem(404, "not_found");
    }
    let wrong = [
        (Method::DELETE, "/api/products"),
        (Method::GET, "/api/orders/create"),
        (Method::POST, "/api/products/update"),
        (Method::PUT, "/api/wallet/credit"),
        (Method::DELETE, "/healthz"),
        (Method::DELETE, "/"),
    ];
    for (method, path) in wrong {
        let answer = Answer::of(client.request(method.clone(), path, "")).await;
        answer.assert_problem(405, "method_not_allowed");
        assert_ne!(answer.header("allow"), "", "{method} {path}");
    }
}

#[tokio::test]
async fn an_answer_carries_the_requests_id_if_it_is_a_sane_one() {
    let shape = Shape::start();
    let with = async |id: &str| {
        let request = shape.client().request(Method::GET, "/api/nothing", "");
        let answer = Answer::of(request.header("x-request-id", id)).await;
        answer.assert_problem(404, "not_found");
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(with("trace-42").await, "trace-42");
    let long = "x".repeat(129);
    for bad in ["", "a b", "<script>", long.as_str()] {
        let given = with(bad).await;
        assert!(!given.is_empty() && given != bad, "{bad:?} -> {given:?}");
    }
    let healthy = shape.client().get("/healthz").await;
    assert_ne!(healthy.header("x-request-id"), "");
}

#[tokio::test]
async fn it_says_that_it_lives_and_what_it_needs() {
    let shape = Shape::start();
    let alive = shape.client().get("/healthz").await;
    assert_eq!(alive.status, 200, "{alive:?}");
    let ready = shape.client().get("/readyz").await;
    assert_eq!(ready.status, 200, "{ready:?}");
    let dependencies = ready.body["dependencies"].as_array().unwrap();
    assert!(!dependencies.is_empty());
    assert!(
        dependencies
            .iter()
            .all(|dependency| dependency["state"] == "up"),
        "{ready:?}"
    );
}

#[tokio::test]
async fn the_address_alone_shows_a_page() {
    let shape = Shape::start();
    let page = shape.client().get_text("/").await;
    assert_eq!(page.0, 200, "the storefront");
    assert!(page.1.starts_with("text/html"), "{}", page.1);
    let style = "<link rel=\"stylesheet\" href=\"/assets/console.css";
    assert!(page.2.replace("&#x2f;", "/").contains(style), "{}", page.2);
}

#[tokio::test]
async fn the_docs_page_and_all_it_loads_come_from_here() {
    let shape = Shape::start();
    let client = shape.client();
    let (status, media_type, page) = client.get_text("/api/docs").await;
    assert_eq!(status, 200);
    assert!(media_type.starts_with("text/html"), "{media_type}");
    let assets: Vec<&str> = page
        .split('"')
        .filter(|text| text.starts_with("/api/") || text.contains("://"))
        .collect();
    assert!(assets.len() >= 4, "{assets:?}");
    for asset in assets {
        assert!(!asset.contains("://"), "{asset} is elsewhere");
        let (status, media_type, body) = client.get_text(asset).await;
        assert_eq!(status, 200, "{asset}");
        assert!(!body.is_empty());
        let expected = match asset.rsplit('.').next().unwrap() {
            "js" => "javascript",
            "css" => "text/css",
            "png" => "image/png",
            _ => "json",
        };
        assert!(media_type.contains(expected), "{asset}: {media_type}");
    }
}

#[tokio::test]
async fn lists_are_compressed_for_clients_that_ask_and_answers_with_tokens_or_tags_never() {
    let shape = Shape::start();
    let client = shape.client();
    let seller = client.join("Grace").await;
    let lamp = seller.lists("Lamp", 100, 10).await;
    for _ in 0..5 {
        seller.lists("Another lamp", 100, 10).await;
    }
    let encoding = async |method: Method, path: &str, body: Option<&Value>| {
        let mut request = seller.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request
            .header("accept-encoding", "gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        (header("content-encoding"), header("vary"))
    };
    for path in [
        format!("/api/products?seller={}", seller.id).as_str(),
        "/api/openapi.json",
        "/api/docs/swagger-ui-bundle.js",
        "/api/docs/swagger-ui.css",
    ] {
        let (encoding, vary) = encoding(Method::GET, path, None).await;
        assert_eq!((&*encoding, &*vary), ("gzip", "Accept-Encoding"), "{path}");
    }
    let product = format!("/api/products/{}", lamp.id);
    assert_eq!(encoding(Method::GET, &product, None).await.0, "");
    let session = json!({"email": seller.email, "password": seller.password});
    let login = encoding(Method::POST, "/api/users/login", Some(&session));
    assert_eq!(login.await.0, "");
}
