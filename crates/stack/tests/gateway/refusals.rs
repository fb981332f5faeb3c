//! Requests that the gateway itself rejects, always with the same problem format.

use stack::Service;

use crate::world::{Answer, Manner, World};

#[tokio::test]
async fn what_is_no_path_of_the_api_is_not_found_internal_ones_above_all() {
    let world = World::start().await;
    let internal = world
        .serve(Service::Product, 0, Manner::Answer(200, "", "{}"))
        .await;
    let paths = [
        "/api",
        "/api/nothing",
        "/api/docs/nothing",
        "/api/docs/",
        "/api/docs.html",
        "/problems/",
        "/problems/nothing",
        "/problems/not_found.json",
        "/metrics",
        "/internal/reservations",
        "/internal/",
        "//internal/reservations",
        "/api/products/%2e%2e/%2e%2e/internal/reservations",
        "/api/products/..%2f..%2finternal/reservations",
        "/.gateway/problem/429",
        "/.gateway/ready/users",
        "/.none",
    ];
    for path in paths {
        world
            .ask("GET", path)
            .await
            .assert_problem(404, "not_found");
        let posted = world.ask("POST", path).await;
        posted.assert_problem(404, "not_found");
    }
    assert_eq!(internal.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn its_own_paths_only_read() {
    let world = World::start().await;
    for path in [
        "/healthz",
        "/readyz",
        "/api/docs",
        "/api/docs/init.js",
        "/api/openapi.json",
        "/problems/not_found",
    ] {
        for method in ["POST", "DELETE", "PUT", "OPTIONS", "BREW"] {
            let refused = world.ask(method, path).await;
            refused.assert_problem(405, "method_not_allowed");
            assert_eq!(refused.header("allow"), "GET, HEAD", "{method} {path}");
        }
        let head = world.ask("HEAD", path).await;
        assert!(
            head.status != 405 && head.text.is_empty(),
            "{path}: {head:?}"
        );
    }
}

#[tokio::test]
async fn who_accepts_no_json_is_told_so_by_the_api_and_by_nothing_else() {
    let world = World::start().await;
    let ask = async |path: &str, accept: &str| {
        Answer::of(world.request("GET", path).header("accept", accept)).await
    };
    let fine = [
        "",
        "*/*",
        "application/json",
        "Application/JSON;q=0.1",
        "application/problem+json",
        "text/html, application/*;q=0.8",
        "text/html;q=0, */*;q=0.001",
    ];
    for accept in fine {
        assert_eq!(
            ask("/api/openapi.json", accept).await.status,
            200,
            "{accept}"
        );
    }
    for accept in [
        "text/html",
        "application/xml, text/*",
        "application/jsonp",
        "application/json;q=0",
        "*/*; q=0.000",
    ] {
        for path in ["/api/openapi.json", "/api/nothing"] {
            ask(path, accept)
                .await
                .assert_problem(406, "not_acceptable");
        }
        for elsewhere in ["/api/docs", "/healthz", "/problems/not_found"] {
            assert_eq!(ask(elsewhere, accept).await.status, 200, "{accept}");
        }
    }
}

#[tokio::test]
async fn a_body_above_256_kib_is_refused_before_any_service_sees_it() {
    let world = World::start().await;
    let users = world
        .serve(Service::User, 0, Manner::Answer(200, "", "{}"))
        .await;
    let just_right = "x".repeat(256 * 1024);
    let path = "/api/users/logout";
    let taken = Answer::of(world.request("POST", path).body(just_right.clone())).await;
    assert_eq!((taken.status, users.seen().len()), (200, 1));
    let refused = Answer::of(world.request("POST", path).body(just_right + "x")).await;
    refused.assert_problem(413, "body_too_large");
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, "x".repeat(64 * 1024));
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(5)
    );
    let answer = world.raw(request.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"body_too_large\""),
        "{answer}"
    );
    assert_eq!(users.seen().len(), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_understood_is_a_problem_too() {
    let world = World::start().await;
    let long = "x".repeat(20_000);
    let requests = [
        (
            "get / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            400,
            "invalid_header",
        ),
        (
            "GET /healthz HTTP/1.1\r\n\r\n".to_owned(),
            400,
            "invalid_header",
        ),
        (
            "GET /healthz HTTP/1.1\r\nhost: a b\r\n\r\n".to_owned(),
            400,
            "invalid_header",
        ),
        (
            "GET /healthz HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n".to_owned(),
            400,
            "invalid_header",
        ),
        (
            "GET /api/products/%00 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            400,
            "invalid_header",
        ),
        (
            "POST /api/users/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: rot13\r\n\r\n"
                .to_owned(),
            400,
            "invalid_header",
        ),
        (
            "GET /healthz HTTP/7.3\r\nhost: x\r\n\r\n".to_owned(),
            400,
            "invalid_header",
        ),
        (
            format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
            414,
            "uri_too_long",
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {long}\r\n\r\n"),
            431,
            "headers_too_large",
        ),
        (
            "TRACE /api/users/me HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            405,
            "method_not_allowed",
        ),
    ];
    for (request, status, code) in requests {
        let answer = world.raw(request.as_bytes()).await;
        let shown: String = request.chars().take(60).collect();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown}: {answer}"
        );
        assert!(
            answer.contains(&format!("\"code\":\"{code}\"")),
            "{shown}: {answer}"
        );
        assert!(
            answer.contains("Content-Type: application/problem+json")
                && answer.contains("X-Request-Id: "),
            "{answer}"
        );
        assert!(
            !answer.contains("<html>") && !answer.contains("nginx/"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_requests_id_is_the_clients_if_it_is_a_sane_one() {
    let world = World::start().await;
    let with = async |id: &str| {
        let answer = Answer::of(
            world
                .request("GET", "/api/nothing")
                .header("x-request-id", id),
        )
        .await;
        answer.assert_problem(404, "not_found");
        answer.header("x-request-id").to_owned()
    };
    let longest = "x".repeat(128);
    for sane in ["trace-42", "A.b_c:9", longest.as_str()] {
        assert_eq!(with(sane).await, sane);
    }
    for bad in [
        "",
        "a b",
        "<script>",
        "a\"b",
        "schlüssel",
        &format!("{longest}x"),
    ] {
        let given = with(bad).await;
        assert_eq!(given.len(), 32, "{bad:?} -> {given}");
    }
    for path in [
        "/healthz",
        "/readyz",
        "/api/docs",
        "/api/docs/init.js",
        "/api/openapi.json",
        "/problems/not_found",
    ] {
        assert_eq!(
            world.ask("GET", path).await.header("x-request-id").len(),
            32,
            "{path}"
        );
    }
}

#[tokio::test]
async fn logins_and_registrations_beyond_the_burst_are_told_when_to_come_back() {
    let world = World::with(|shape| shape.no_rate_limits = false).await;
    let _users = world
        .serve(Service::User, 0, Manner::Answer(201, "", "{}"))
        .await;
    // Who registers and who asks for a new password are counted together.
    for (path, burst) in [
        ("/api/users/login", 30),
        ("/api/users/register", 20),
        ("/api/users/password/forgot", 0),
    ] {
        let mut taken = 0;
        let refused = loop {
            let answer = world.ask("POST", path).await;
            if answer.status != 201 {
                break answer;
            }
            taken += 1;
            assert!(taken < 200, "{path} is never refused");
        };
        refused.assert_problem(429, "too_many_requests");
        assert!(taken >= burst, "{path}: {taken} were taken");
    }
    for _ in 0..100 {
        assert_eq!(
            world.ask("POST", "/api/users/logout").await.status,
            201,
            "nothing else is counted"
        );
    }
}

#[tokio::test]
async fn where_limits_are_off_one_client_may_be_many_people() {
    let world = World::start().await;
    let _users = world
        .serve(Service::User, 0, Manner::Answer(201, "", "{}"))
        .await;
    for _ in 0..100 {
        assert_eq!(world.ask("POST", "/api/users/register").await.status, 201);
    }
}
