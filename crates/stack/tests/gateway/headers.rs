//! What a browser may do with an answer, whoever gave it; and what is logged of a request.

use std::time::Duration;

use stack::Service;

use crate::world::{Answer, Manner, World};

#[tokio::test]
async fn every_answer_of_the_gateway_says_what_a_browser_may_do_with_it() {
    let world = World::start().await;
    let _plain = world
        .serve(Service::User, 0, Manner::Answer(200, "", "{}"))
        .await;
    let says = "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nContent-Security-Policy: frame-ancestors 'none'; \
        base-uri 'self'\r\nStrict-Transport-Security: max-age=1\r\n";
    let _own = world
        .serve(Service::Product, 0, Manner::Answer(200, says, "{}"))
        .await;
    for (path, status, referrer, tls) in [
        ("/api/users/me", 200, "no-referrer", "max-age=31536000"),
        ("/api/products", 200, "same-origin", "max-age=1"),
        ("/api/orders/7", 503, "no-referrer", "max-age=31536000"),
        ("/api/nothing", 404, "no-referrer", "max-age=31536000"),
        ("/healthz", 200, "no-referrer", "max-age=31536000"),
        ("/api/docs", 200, "no-referrer", "max-age=31536000"),
        ("/api/docs/init.js", 200, "no-referrer", "max-age=31536000"),
        (
            "/problems/not_found",
            200,
            "no-referrer",
            "max-age=31536000",
        ),
    ] {
        let plain = world.ask("GET", path).await;
        let request = world.request("GET", path);
        let secure = Answer::of(request.header("x-forwarded-proto", "https")).await;
        for answer in [&plain, &secure] {
            assert_eq!(answer.status, status, "{path}: {answer:?}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), referrer, "{path}");
            let policy = answer.header("content-security-policy");
            for part in ["frame-ancestors 'none'", "base-uri"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
        }
        assert_eq!(secure.header("strict-transport-security"), tls, "{path}");
    }
}

#[tokio::test]
async fn the_log_has_no_queries() {
    let world = World::start().await;
    world.ask("GET", "/api/nothing?token=s3cret&q=a").await;
    for _ in 0..500 {
        let log = world.log();
        if log.contains("\"path\":\"/api/nothing\"") {
            assert!(!log.contains("s3cret"), "{log}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the request is not in the log: {}", world.log());
}
