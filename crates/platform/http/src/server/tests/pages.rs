//! Pages of other origins: what a browser needs to be told, and is told only of the origins that are allowed.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};

use super::*;
use crate::{Cors, Origin};

const SHOP: &str = "https://shop.example";

fn world(origins: &[&str]) -> World {
    let origins = origins.iter().map(|origin| (*origin).to_owned());
    let origins: Vec<Origin> = origins.map(|one| one.try_into().unwrap()).collect();
    World::with(|edge| edge.cors = Cors::of(&origins))
}

impl World {
    async fn from(&self, origin: &str, method: &str, path: &str) -> Answer {
        Answer::of(self.request(method, path).header("origin", origin)).await
    }

    async fn preflight(&self, origin: &str, path: &str) -> Answer {
        let request = self.request("OPTIONS", path).header("origin", origin);
        let request = request.header("access-control-request-method", "PUT");
        Answer::of(request.header("access-control-request-headers", "authorization,if-match")).await
    }
}

fn vary(answer: &Answer) -> Vec<&str> {
    let lines = answer.headers.get_all("vary").iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_preflight_of_an_allowed_origin_is_answered_before_anything_else() {
    let world = world(&["http://localhost:5173", SHOP]);
    world.in_flight.store(IN_FLIGHT, Ordering::Relaxed);
    for path in ["/things", "/api/things", "/nothing"] {
        let answer = world.preflight(SHOP, path).await;
        assert_eq!(answer.status, 204, "{path}: {answer:?}");
        assert_eq!(answer.header(ACCESS_CONTROL_ALLOW_ORIGIN.as_str()), SHOP);
        let methods = answer.header(ACCESS_CONTROL_ALLOW_METHODS.as_str());
        assert_eq!(methods, "GET, HEAD, POST, PUT, PATCH, DELETE");
        let headers = answer.header(ACCESS_CONTROL_ALLOW_HEADERS.as_str());
        for needed in [
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "Prefer",
        ] {
            assert!(headers.contains(needed), "{needed} in {headers}");
        }
        assert_eq!(answer.header(ACCESS_CONTROL_MAX_AGE.as_str()), "7200");
        let varies = ["Origin, Access-Control-Request-Method, Access-Control-Request-Headers"];
        assert_eq!(vary(&answer), varies);
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
    world.stop().await;
}

#[tokio::test]
async fn an_allowed_page_may_read_answers_and_refusals_with_their_headers() {
    let world = world(&[SHOP]);
    for (method, path, status) in [
        ("GET", "/things", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/things", 405),
        ("GET", "/healthz", 200),
    ] {
        let answer = world.from(SHOP, method, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header(ACCESS_CONTROL_ALLOW_ORIGIN.as_str()), SHOP);
        let exposed = answer.header(ACCESS_CONTROL_EXPOSE_HEADERS.as_str());
        for name in [
            "ETag",
            "Location",
            "Retry-After",
            "Idempotency-Replayed",
            "X-Request-Id",
        ] {
            assert!(exposed.contains(name), "{name} in {exposed}");
        }
        assert_eq!(vary(&answer), ["Origin"]);
    }
    world.in_flight.store(IN_FLIGHT, Ordering::Relaxed);
    let busy = world.from(SHOP, "GET", "/things").await;
    busy.assert_problem(503, "unavailable");
    assert_eq!(busy.header(ACCESS_CONTROL_ALLOW_ORIGIN.as_str()), SHOP);
    world.stop().await;
}

#[tokio::test]
async fn a_page_of_another_origin_is_told_nothing() {
    let world = world(&[SHOP]);
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.example",
        "null",
        "*",
        "",
    ] {
        let answer = world.from(origin, "GET", "/things").await;
        assert_eq!(answer.status, 200, "it protects readers, not the API");
        let refused = world.preflight(origin, "/things").await;
        refused.assert_problem(405, "method_not_allowed");
        for answer in [answer, refused] {
            assert!(
                !answer
                    .headers
                    .contains_key(ACCESS_CONTROL_ALLOW_ORIGIN.as_str())
            );
            assert_eq!(
                vary(&answer),
                ["Origin"],
                "a cache must not hand it to the shop"
            );
        }
    }
    assert_eq!(vary(&world.ask("GET", "/things").await), ["Origin"]);
    world.stop().await;
}

#[tokio::test]
async fn where_no_origin_is_allowed_nothing_is_said_of_any() {
    let world = World::start();
    let answer = world.from(SHOP, "GET", "/things").await;
    let refused = world.preflight(SHOP, "/things").await;
    refused.assert_problem(405, "method_not_allowed");
    for answer in [answer, refused] {
        assert!(
            !answer
                .headers
                .contains_key(ACCESS_CONTROL_ALLOW_ORIGIN.as_str())
        );
        assert!(vary(&answer).is_empty());
    }
    world.stop().await;
}
