//! Pages of other origins use the API in a real browser, in both modes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; indexing a JSON value gives null where nothing is"
)]

mod browser;

use browser::Shop;
use e2e::Launch;
use serde_json::{Value, json};
use stack::{Name, Options, Service, Stack};

/// Asserts that an allowed page could do and read everything.
fn assert_served(seen: &Value) {
    let statuses = [
        ("registered", 201),
        ("login", 200),
        ("listed", 201),
        ("changed", 200),
        ("stale", 412),
        ("found", 200),
        ("credited", 201),
        ("repeated", 201),
        ("ownProduct", 422),
        ("anonymous", 401),
        ("unknownPath", 404),
        ("wrongMethod", 405),
        ("tooLarge", 413),
    ];
    for (step, status) in statuses {
        assert_eq!(seen[step]["status"], status, "{step}: {}", seen[step]);
        let headers = &seen[step]["headers"];
        assert!(headers["x-request-id"].is_string(), "{step}: {headers}");
        if status >= 400 {
            assert!(seen[step]["body"]["code"].is_string(), "{step}: {seen}");
        }
    }
    let header = |step: &str, name: &str| seen[step]["headers"][name].clone();
    assert_eq!(header("registered", "location"), "/api/users/me");
    assert!(header("listed", "location").is_string());
    assert_ne!(header("listed", "etag"), header("changed", "etag"));
    assert_eq!(header("credited", "idempotency-replayed"), Value::Null);
    assert_eq!(header("repeated", "idempotency-replayed"), "true");
    assert_eq!(header("repeated", "x-request-id"), "page-7");
    assert!(header("anonymous", "www-authenticate").is_string());
    // What no preflight allows is not sent.
    for step in ["unlistedMethod", "unlistedHeader"] {
        assert_eq!(seen[step], json!({"error": "TypeError"}), "{step}");
    }
}

/// Asserts that a page could neither send what needs a preflight nor read anything.
fn assert_kept_out(seen: &Value) {
    for (step, result) in seen.as_object().unwrap() {
        assert_eq!(result, &json!({"error": "TypeError"}), "{step}");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_use_the_embedded_marketplace_and_others_read_nothing() {
    let (shop, stranger) = (Shop::open().await, Shop::open().await);
    let data_dir = tempfile::tempdir().unwrap();
    let origins = format!("https://other.example,{}", shop.origin());
    let launch = Launch::on(data_dir.path()).set("SERVER__CORS_ORIGINS", &origins);
    let server = launch.serve();
    assert_served(&shop.visit(server.url()).await);
    assert_kept_out(&stranger.visit(server.url()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_allowed_origins_use_the_distributed_marketplace_and_read_the_gateways_own_refusals()
 {
    let (shop, stranger) = (Shop::open().await, Shop::open().await);
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(dir.path());
    let origins = "MARKETPLACE__SERVER__CORS_ORIGINS".to_owned();
    options.shape.settings.push((origins, shop.origin()));
    let mut stack = Stack::up(options).await.unwrap();
    let url = stack.gateway_url();
    assert_served(&shop.visit(&url).await);
    assert_kept_out(&stranger.visit(&url).await);

    stack.stop(Name::Service(Service::Order, 0)).unwrap();
    let seen = shop.visit(&url).await;
    let away = &seen["ownProduct"];
    assert_eq!(away["status"], 503, "{away}");
    assert_eq!(away["headers"]["retry-after"], "1", "{away}");
    assert_eq!(away["body"]["code"], "unavailable", "{away}");
    stack.down().unwrap();
}
