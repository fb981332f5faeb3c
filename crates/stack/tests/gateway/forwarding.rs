//! What services receive, how their answers are passed on, and which replica is tried when one does not answer.

use serde_json::{Value, json};
use stack::Service;

use crate::world::{Answer, Manner, World};

const FINE: Manner = Manner::Answer(200, "Content-Type: application/json\r\n", "{}");

/// The header lines of a request as a service received it, in lower case.
fn head(request: &str) -> Vec<String> {
    request
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[tokio::test]
async fn every_path_goes_to_its_service_as_it_came() {
    let world = World::start().await;
    let mut services = Vec::new();
    for service in Service::ALL {
        services.push((service, world.serve(service, 0, FINE).await));
    }
    let routes = [
        (Service::User, "GET", "/api/users"),
        (Service::Order, "GET", "/api/orders"),
        (Service::Wallet, "GET", "/api/wallet"),
        (Service::User, "POST", "/api/users/login"),
        (Service::User, "GET", "/.well-known/jwks.json"),
        (Service::User, "PATCH", "/api/users/me"),
        (Service::User, "POST", "/api/users/me/addresses"),
        (Service::User, "DELETE", "/api/users/me/addresses/7"),
        (Service::User, "GET", "/api/sellers?status=pending"),
        (Service::User, "PUT", "/api/sellers/me"),
        (Service::User, "POST", "/api/sellers/7/suspend"),
        (Service::Product, "GET", "/api/sellers/7"),
        (Service::Product, "GET", "/api/products?q=a%20b&limit=2"),
        (Service::Product, "GET", "/api/products/%ff"),
        (Service::Product, "PUT", "/api/products/update"),
        (Service::Product, "GET", "/api/categories?lang=de"),
        (Service::Product, "POST", "/api/categories/7/retire"),
        (Service::Order, "GET", "/api/orders/7/byUser?status=paid"),
        (Service::Order, "POST", "/api/orders/create"),
        (Service::Wallet, "GET", "/api/wallet/transaction"),
        (Service::Wallet, "BREW", "/api/wallet/credit"),
        (Service::User, "POST", "/api/setup"),
        (Service::Console, "GET", "/"),
        (Service::Console, "POST", "/login"),
        (Service::Console, "GET", "/assets/console.css?v=1"),
        (Service::Console, "POST", "/sell/products/7/images"),
        (Service::Console, "GET", "/nothing"),
    ];
    for (service, method, path) in routes {
        assert_eq!(world.ask(method, path).await.status, 200, "{method} {path}");
        let seen = services
            .iter()
            .find(|(of, _)| *of == service)
            .unwrap()
            .1
            .seen();
        let last = seen.last().unwrap();
        assert!(
            last.starts_with(&format!("{method} {path} HTTP/1.1\r\n")),
            "{last}"
        );
    }
    let all: usize = services
        .iter()
        .map(|(_, service)| service.seen().len())
        .sum();
    assert_eq!(all, routes.len());
}

#[tokio::test]
async fn what_a_client_says_about_where_it_comes_from_is_overwritten() {
    let world = World::start().await;
    let users = world.serve(Service::User, 0, FINE).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = world
        .request("GET", "/api/users/me")
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "for=6.6.6.6")
        .header("x-real-ip", "6.6.6.6")
        .header("proxy", "http://evil.example")
        .header("connection", "x-gone")
        .header("traceparent", trace)
        .header("idempotency-key", "")
        .header("x-request-id", "trace-42");
    let answer = Answer::of(request).await;
    assert_eq!(
        (answer.status, answer.header("x-request-id")),
        (200, "trace-42")
    );
    let seen = users.seen();
    let head = head(&seen[0]);
    for line in [
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-proto: http",
        "x-forwarded-host: 127.0.0.1",
        "x-real-ip: 127.0.0.1",
        &format!("traceparent: {trace}"),
        "x-request-id: trace-42",
    ] {
        assert_eq!(
            head.iter().filter(|seen| *seen == line).count(),
            1,
            "{line} in {head:?}"
        );
    }
    assert!(
        head.iter().any(|line| line.starts_with("idempotency-key:")),
        "an empty one is wrong, not missing: {head:?}"
    );
    assert!(
        !seen[0].contains("6.6.6.6") && !seen[0].contains("evil"),
        "{}",
        seen[0]
    );
}

#[tokio::test]
async fn on_the_inner_port_the_console_says_for_whom_it_asks() {
    let world = World::with(|shape| shape.no_rate_limits = false).await;
    let users = world.serve(Service::User, 0, FINE).await;
    let login = async |told: &str| {
        let request = world.request_inside("POST", "/api/users/login");
        Answer::of(request.header("x-forwarded-for", told)).await
    };
    for (told, known) in [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("unknown", "127.0.0.1"),
    ] {
        assert_eq!(login(told).await.status, 200, "{told}");
        let seen = users.seen();
        let head = head(seen.last().unwrap());
        for name in ["x-forwarded-for", "x-real-ip"] {
            assert!(head.contains(&format!("{name}: {known}")), "{head:?}");
        }
    }
    // A guesser is one client, and costs no other their login.
    let mut refused = login("203.0.113.8").await;
    for _ in 0..200 {
        if refused.status == 429 {
            break;
        }
        refused = login("203.0.113.8").await;
    }
    refused.assert_problem(429, "too_many_requests");
    assert_eq!(login("203.0.113.9").await.status, 200);
}

#[tokio::test]
async fn a_page_and_its_headers_are_handed_on_as_they_are() {
    let world = World::start().await;
    let headers = "Content-Type: text/html\r\nContent-Security-Policy: default-src 'none'\r\nX-Content-Type-Options: nosniff\r\n\
        Set-Cookie: login=x\r\n";
    let page = Manner::Answer(404, headers, "<!doctype html>");
    let console = world.serve(Service::Console, 0, page).await;
    let answer = world.ask("GET", "/nothing").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (404, "<!doctype html>")
    );
    for (name, value) in [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("set-cookie", "login=x"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let head = head(&console.seen()[0]);
    assert!(head.contains(&"x-forwarded-for: 127.0.0.1".to_owned()));
}

#[tokio::test]
async fn where_the_console_cannot_answer_a_browser_gets_a_page_and_a_client_a_problem() {
    let world = World::start().await;
    let ask = async |method: &str, path: &str, accept: &str, body: String| {
        let request = world.request(method, path).header("accept", accept);
        Answer::of(request.body(body)).await
    };
    let page = |answer: &Answer, status: u16| {
        let kind = "text/html; charset=utf-8";
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, kind),
            "{answer:?}"
        );
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{answer:?}");
        assert_ne!(answer.header("x-request-id"), "");
        assert!(answer.text.starts_with("<!doctype html>"), "{answer:?}");
    };
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    let away = ask("GET", "/browse?q=lamp", browser, String::new()).await;
    page(&away, 503);
    assert_eq!(away.header("retry-after"), "1");
    for (path, accept) in [
        ("/browse", "*/*"),
        ("/browse", "text/html;q=0, */*"),
        ("/api/orders", browser),
        ("/images/7", browser),
    ] {
        let refused = ask("GET", path, accept, String::new()).await;
        refused.assert_problem(503, "unavailable");
    }
    let large = ask("POST", "/login", browser, "x".repeat(300 * 1024)).await;
    page(&large, 413);
    let _console = world.serve(Service::Console, 0, Manner::BreakOff).await;
    // A moment after the failures above.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let broken = loop {
        let answer = ask("POST", "/login", browser, "a=b".to_owned()).await;
        if answer.status == 502 {
            break answer;
        }
        assert!(std::time::Instant::now() < deadline, "{answer:?}");
    };
    page(&broken, 502);
}

#[tokio::test]
async fn a_services_refusal_and_its_headers_are_handed_on_as_they_are() {
    let world = World::start().await;
    let headers = "Content-Type: application/problem+json\r\nRetry-After: 7\r\nETag: \"3\"\r\nX-Request-Id: another\r\n";
    let _products = world
        .serve(
            Service::Product,
            0,
            Manner::Answer(503, headers, "{\"code\":\"busy\"}"),
        )
        .await;
    let answer = world.ask("GET", "/api/products/1").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (503, "{\"code\":\"busy\"}")
    );
    assert_eq!(
        (answer.header("retry-after"), answer.header("etag")),
        ("7", "\"3\"")
    );
    assert_eq!(
        answer.header("x-request-id").len(),
        32,
        "one id, the gateway's"
    );
}

#[tokio::test]
async fn with_nobody_behind_it_says_that_nothing_happened_and_when_to_try_again() {
    let world = World::with(|shape| shape.replicas = 2).await;
    for _ in 0..5 {
        for (method, path) in [
            ("GET", "/api/users/me"),
            ("POST", "/api/orders/create"),
            ("PUT", "/api/products/update"),
        ] {
            world
                .ask(method, path)
                .await
                .assert_problem(503, "unavailable");
        }
    }
}

#[tokio::test]
async fn what_a_replica_took_and_broke_off_is_sent_again_only_if_it_reads() {
    for (service, method, path, times) in [
        (Service::Product, "GET", "/api/products", 2),
        (Service::Product, "HEAD", "/api/products", 2),
        (Service::Product, "POST", "/api/products/create", 1),
        (Service::Product, "PATCH", "/api/products/remove", 1),
        (Service::Product, "PUT", "/api/products/update", 1),
        (Service::User, "PUT", "/api/users/me/addresses/7", 1),
        (Service::User, "DELETE", "/api/users/me/addresses/7", 1),
    ] {
        let world = World::with(|shape| shape.replicas = 2).await;
        let replicas = [
            world.serve(service, 0, Manner::BreakOff).await,
            world.serve(service, 1, Manner::BreakOff).await,
        ];
        let answer = world.ask(method, path).await;
        if method != "HEAD" {
            answer.assert_problem(502, "bad_gateway");
        }
        let seen: usize = replicas.iter().map(|replica| replica.seen().len()).sum();
        assert_eq!((answer.status, seen), (502, times), "{method} {path}");
    }
}

#[tokio::test]
async fn while_one_replica_is_away_the_other_answers_everything() {
    let world = World::with(|shape| shape.replicas = 2).await;
    let other = world.serve(Service::Order, 1, FINE).await;
    for _ in 0..20 {
        assert_eq!(world.ask("POST", "/api/orders/create").await.status, 200);
    }
    assert_eq!(other.seen().len(), 20);
}

#[tokio::test]
async fn it_is_ready_when_each_service_says_so_and_names_those_that_do_not() {
    let world = World::start().await;
    let nobody = world.ask("GET", "/readyz").await;
    assert_eq!((nobody.status, nobody.header("retry-after")), (503, "1"));
    let names = [
        "user-service",
        "product-service",
        "order-service",
        "wallet-service",
        "console-service",
    ];
    let states = |answer: &Answer| -> Vec<(String, String)> {
        let report = answer.json();
        let dependencies = report["dependencies"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        dependencies
            .iter()
            .map(|dependency| (text(&dependency["name"]), text(&dependency["state"])))
            .collect()
    };
    let expected = |down: &[&str]| -> Vec<(String, String)> {
        names
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    if down.contains(name) { "down" } else { "up" }.to_owned(),
                )
            })
            .collect()
    };
    assert_eq!(states(&nobody), expected(&names));
    let mut services = Vec::new();
    for service in [
        Service::User,
        Service::Order,
        Service::Wallet,
        Service::Console,
    ] {
        services.push(world.serve(service, 0, FINE).await);
    }
    let unready = world
        .serve(Service::Product, 0, Manner::Answer(503, "", "{}"))
        .await;
    let answer = world.ask("GET", "/readyz").await;
    assert_eq!(
        (answer.status, answer.json()["status"].clone()),
        (503, json!("not ready"))
    );
    assert_eq!(states(&answer), expected(&["product-service"]));
    assert!(unready.seen()[0].starts_with("GET /readyz "));
    unready.stop().await;
    services.push(world.serve(Service::Product, 0, FINE).await);
    let answer = world.ask("GET", "/readyz").await;
    assert_eq!(
        (
            answer.status,
            answer.header("retry-after"),
            answer.json()["status"].clone()
        ),
        (200, "", json!("ready"))
    );
    assert_eq!(states(&answer), expected(&[]));
    assert_eq!(
        world.ask("GET", "/healthz").await.json(),
        json!({"status": "alive"})
    );
}

#[tokio::test]
async fn the_gateways_own_files_are_compressed_and_what_a_service_sends_stays_as_it_is() {
    const LONG: &str = concat!(
        "{\"items\":\"",
        include_str!("../../../../deploy/nginx/proxy.conf"), // any text of more than 1 KiB; no JSON, and nobody asks
        "\"}"
    );
    let world = World::start().await;
    let answer = Manner::Answer(
        200,
        "Content-Type: application/json\r\nETag: \"3\"\r\n",
        LONG,
    );
    let products = world.serve(Service::Product, 0, answer).await;
    let ask = async |path: &str| {
        Answer::of(world.request("GET", path).header("accept-encoding", "gzip")).await
    };
    for path in ["/api/openapi.json", "/api/docs/swagger-ui.css"] {
        let file = ask(path).await;
        let headers = (file.header("content-encoding"), file.header("vary"));
        assert_eq!(headers, ("gzip", "Accept-Encoding"), "{path}");
    }
    let plain = ask("/api/products").await;
    assert_eq!(
        (plain.header("content-encoding"), plain.header("etag")),
        ("", "\"3\"")
    );
    // The service decides, and so it has to know what the client accepts.
    assert!(head(&products.seen()[0]).contains(&"accept-encoding: gzip".to_owned()));
}

#[tokio::test]
async fn each_request_leaves_one_line_of_json_in_the_log_that_tells_what_was_asked() {
    let world = World::start().await;
    let request = world
        .request("DELETE", "/healthz?a=\"b\"")
        .header("x-request-id", "find-me");
    Answer::of(request)
        .await
        .assert_problem(405, "method_not_allowed");
    let gateway = world.stack.processes().await.into_iter().next().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let line = loop {
        let log = std::fs::read_to_string(&gateway.log).unwrap();
        if let Some(line) = log.lines().find(|line| line.contains("find-me")) {
            break serde_json::from_str::<Value>(line).unwrap();
        }
        assert!(std::time::Instant::now() < deadline, "{log}");
        tokio::task::yield_now().await;
    };
    assert_eq!(
        (
            &line["method"],
            &line["path"],
            &line["status"],
            &line["request"]
        ),
        (
            &json!("DELETE"),
            &json!("/healthz"),
            &json!(405),
            &json!("find-me")
        )
    );
}

#[test]
fn each_path_is_forwarded_with_and_without_what_follows() {
    // Else nginx redirects from the one to the other, to an address of its own.
    let routes = include_str!("../../../../deploy/nginx/server.conf");
    let mut count = 0;
    for block in routes.split("\n    location ").skip(1) {
        let (path, rest) = block.split_once(" {").unwrap();
        let is_forwarded = rest.split('}').next().unwrap().contains("proxy_pass");
        if !is_forwarded || path == "/" || !path.ends_with('/') {
            continue;
        }
        let alone = format!("location = {} {{", path.trim_end_matches('/'));
        assert!(routes.contains(&alone), "{alone} is missing");
        count += 1;
    }
    assert!(count >= 9, "{count}");
}
