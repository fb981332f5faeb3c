//! Pages of other origins: what the gateway answers itself, they may read as they may what a service answers.

use stack::Service;

use crate::world::{Answer, Manner, World};

const SHOP: &str = "https://shop.example";

async fn world() -> World {
    World::with(|shape| {
        let name = "MARKETPLACE__SERVER__CORS_ORIGINS".to_owned();
        let origins = format!("http://localhost:5173, {SHOP}");
        shape.settings.push((name, origins));
        shape.no_rate_limits = false;
    })
    .await
}

impl World {
    async fn from(&self, origin: &str, method: &str, path: &str) -> Answer {
        Answer::of(self.request(method, path).header("origin", origin)).await
    }

    async fn preflight(&self, origin: &str, path: &str) -> Answer {
        let request = self.request("OPTIONS", path).header("origin", origin);
        Answer::of(request.header("access-control-request-method", "POST")).await
    }
}

/// `Answer::header` asserts that none of them is there twice.
fn assert_readable(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), SHOP);
    let exposed = answer.header("access-control-expose-headers");
    for name in [
        "ETag",
        "Location",
        "Retry-After",
        "Idempotency-Replayed",
        "X-Request-Id",
    ] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    assert_eq!(answer.header("vary"), "Origin");
}

fn assert_unreadable(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("access-control-expose-headers"), "");
}

#[tokio::test]
async fn an_allowed_page_may_read_every_refusal_of_the_gateways_own() {
    let world = world().await;
    let users = world
        .serve(Service::User, 0, Manner::Answer(200, "", "{}"))
        .await;
    let _wallet = world.serve(Service::Wallet, 0, Manner::BreakOff).await;
    for (method, path, status) in [
        ("GET", "/api/nothing", 404),
        ("POST", "/healthz", 405),
        ("GET", "/api/orders/7", 503),
        ("GET", "/readyz", 503),
        ("POST", "/api/wallet/credit", 502),
        ("GET", "/healthz", 200),
        ("GET", "/problems/not_found", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/docs", 200),
    ] {
        let answer = world.from(SHOP, method, path).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        if !path.starts_with("/api/openapi") {
            assert_readable(&answer);
        }
        assert_eq!(answer.header("access-control-allow-origin"), SHOP);
        assert_unreadable(&world.from("https://evil.example", method, path).await);
    }
    let large = world
        .request("POST", "/api/users/logout")
        .header("origin", SHOP);
    let large = Answer::of(large.body("x".repeat(256 * 1024 + 1))).await;
    large.assert_problem(413, "body_too_large");
    assert_readable(&large);
    let picky = world
        .request("GET", "/api/nothing")
        .header("accept", "text/html");
    let picky = Answer::of(picky.header("origin", SHOP)).await;
    picky.assert_problem(406, "not_acceptable");
    assert_readable(&picky);
    let hasty = loop {
        let answer = world.from(SHOP, "POST", "/api/users/login").await;
        if answer.status != 200 {
            break answer;
        }
        assert!(users.seen().len() < 200, "login is never refused");
    };
    hasty.assert_problem(429, "too_many_requests");
    assert_readable(&hasty);
}

#[tokio::test]
async fn a_preflight_of_an_allowed_page_is_answered_here_and_counts_as_no_login() {
    let world = world().await;
    let users = world
        .serve(Service::User, 0, Manner::Answer(405, "", "{}"))
        .await;
    for _ in 0..100 {
        let answer = world.preflight(SHOP, "/api/users/login").await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert_eq!(answer.header("access-control-allow-origin"), SHOP);
        let methods = answer.header("access-control-allow-methods");
        assert_eq!(methods, "GET, HEAD, POST, PUT, PATCH, DELETE");
        let headers = answer.header("access-control-allow-headers");
        for needed in [
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "Prefer",
        ] {
            assert!(headers.contains(needed), "{needed} in {headers}");
        }
        assert_eq!(answer.header("access-control-max-age"), "7200");
        assert_eq!(
            answer.header("vary"),
            "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        );
        assert_eq!(answer.header("x-request-id").len(), 32);
    }
    assert_eq!(users.seen(), Vec::<String>::new());
    let other = world
        .preflight("https://evil.example", "/api/users/login")
        .await;
    assert_eq!((other.status, users.seen().len()), (405, 1));
    assert_unreadable(&other);
    world
        .ask("OPTIONS", "/.gateway/preflight")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn what_a_service_says_of_origins_is_handed_on_and_not_said_twice() {
    let world = world().await;
    let said = "Access-Control-Allow-Origin: https://shop.example\r\n\
                Access-Control-Expose-Headers: ETag\r\nVary: Origin\r\n";
    let _products = world
        .serve(Service::Product, 0, Manner::Answer(200, said, "{}"))
        .await;
    let _orders = world
        .serve(Service::Order, 0, Manner::Answer(200, "", "{}"))
        .await;
    let answer = world.from(SHOP, "GET", "/api/products").await;
    assert_eq!(answer.header("access-control-allow-origin"), SHOP);
    assert_eq!(answer.header("access-control-expose-headers"), "ETag");
    assert_eq!(answer.header("vary"), "Origin");
    // A service whose settings do not know the origin.
    assert_readable(&world.from(SHOP, "GET", "/api/orders/7").await);
}

#[tokio::test]
async fn where_no_origin_is_allowed_nothing_is_said_of_any() {
    let world = World::start().await;
    for path in ["/api/nothing", "/healthz", "/api/docs"] {
        let answer = world.from(SHOP, "GET", path).await;
        assert_unreadable(&answer);
        assert!(!answer.header("vary").contains("Origin"), "{answer:?}");
    }
    let refused = world.preflight(SHOP, "/healthz").await;
    refused.assert_problem(405, "method_not_allowed");
}
