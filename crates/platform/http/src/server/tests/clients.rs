//! Limits of one client, and what its browser is told.

use actix_web::HttpRequest;
use kernel::ManualClock;
use kernel::Timestamp;

use super::*;
use crate::limits::{Limits, Quotas};
use crate::network::Networks;
use crate::quota::{count_creation, wait_for_list};

/// Longer than what the system takes for a client that reads nothing.
const LONG: usize = 16 * 1024 * 1024;

pub(super) fn routes() -> Routes {
    Arc::new(|config: &mut ServiceConfig| {
        Paths::default()
            .get("/lists/short", short)
            .get("/lists/long", long)
            .post("/created", created)
            .get("/ended", ended)
            .declare(config);
    })
}

async fn short(request: HttpRequest) -> Result<HttpResponse, Problem> {
    wait_for_list(&request, None).await?;
    Ok(HttpResponse::Ok().json(0))
}

async fn long(request: HttpRequest) -> Result<HttpResponse, Problem> {
    wait_for_list(&request, None).await?;
    Ok(HttpResponse::Ok().body(vec![b'x'; LONG]))
}

async fn created(request: HttpRequest) -> Result<HttpResponse, Problem> {
    count_creation(&request, None)?;
    Ok(HttpResponse::Created().json(0))
}

/// Refuses, and ends the connection.
async fn ended() -> Result<HttpResponse, Problem> {
    Err(Problem::new(&common::TOO_MANY_REQUESTS, "Enough.").last())
}

/// A world where one client may list twice and create once a minute.
fn world(proxies: &[&str], unlimited: &[&str]) -> (World, Arc<ManualClock>) {
    let networks = |all: &[&str]| {
        let all = all.iter().map(|one| (*one).to_owned().try_into());
        Networks::of(&all.collect::<Result<Vec<_>, _>>().unwrap())
    };
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000_000)));
    let quotas = Quotas {
        lists_per_minute: 2,
        creates_per_minute: 1,
    };
    let world = World::with(|edge| {
        let (clock, metrics) = (clock.clone(), edge.metrics.http.clone());
        let (proxies, unlimited) = (networks(proxies), networks(unlimited));
        edge.limits = Arc::new(Limits::new(clock, metrics, quotas, proxies, unlimited));
    });
    (world, clock)
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let world = World::start();
    for (method, path, token, cached) in [
        ("GET", "/things", "", ""),
        ("GET", "/things", "Bearer x", "no-store"),
        ("POST", "/things", "", "no-store"),
        ("GET", "/nothing", "", ""),
        ("DELETE", "/things", "", "no-store"),
        ("GET", "/healthz", "", ""),
    ] {
        let mut request = world.request(method, path);
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("base-uri 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("cache-control"), cached, "{method} {path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn who_comes_over_tls_is_told_to_stay_if_a_trusted_proxy_says_so() {
    let secure = async |world: &World| {
        let request = world.request("GET", "/things");
        let answer = Answer::of(request.header("x-forwarded-proto", "https")).await;
        answer.header("strict-transport-security").to_owned()
    };
    assert_eq!(
        secure(&world(&["127.0.0.1"], &[]).0).await,
        "max-age=31536000"
    );
    assert_eq!(secure(&world(&[], &[]).0).await, "");
}

#[tokio::test]
async fn more_than_a_minutes_worth_is_refused_until_time_has_passed() {
    let (world, clock) = world(&[], &[]);
    for (method, path, allowed, name) in [
        ("GET", "/lists/short", 2, "lists"),
        ("POST", "/created", 1, "creates"),
    ] {
        for _ in 0..allowed {
            assert!(world.ask(method, path).await.status < 300);
        }
        let refused = world.ask(method, path).await;
        refused.assert_problem(429, "too_many_requests");
        let policy = format!("\"{name}\";q={allowed};w=60");
        assert_eq!(refused.header("ratelimit-policy"), policy);
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert_eq!(wait, 60 / allowed);
        clock.advance(Duration::from_secs(wait));
        assert!(world.ask(method, path).await.status < 300);
    }
    assert_eq!(world.ask("GET", "/things").await.status, 200);
    world.stop().await;
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_counted_one_by_one_and_nobody_else_is_believed() {
    let create = async |world: &World, whose: &str| {
        let request = world.request("POST", "/created");
        Answer::of(request.header("x-forwarded-for", whose))
            .await
            .status
    };
    let (trusting, _) = world(&["127.0.0.1"], &["10.0.0.0/8"]);
    for (client, status) in [
        ("192.0.2.1", 201),
        ("192.0.2.2", 201),
        ("6.6.6.6, 192.0.2.2", 429),
        ("2001:db8::1", 201),
        ("2001:db8::2", 429),
        ("10.0.0.1", 201),
        ("10.0.0.1", 201),
    ] {
        assert_eq!(create(&trusting, client).await, status, "{client}");
    }
    let (wary, _) = world(&[], &["10.0.0.0/8"]);
    assert_eq!(create(&wary, "192.0.2.1").await, 201);
    for client in ["192.0.2.2", "10.0.0.1"] {
        assert_eq!(create(&wary, client).await, 429, "{client}");
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_off_and_its_turn_ends() {
    let world = World::with(|edge| edge.write_time = Duration::from_millis(100));
    let mut unread = Vec::new();
    for _ in 0..2 {
        unread.push(world.send("GET", "/lists/long").await);
    }
    let line = r#"marketplace_http_connections_closed_total{reason="slow_reader"} 2"#;
    world.counts(line).await;
    assert_eq!(world.ask("GET", "/lists/short").await.status, 200);
    drop(unread);
    world.stop().await;
}

#[tokio::test]
async fn who_reads_gets_all_of_a_long_answer() {
    let world = World::start();
    let response = world.request("GET", "/lists/long").send().await.unwrap();
    assert_eq!(
        response.content_length(),
        Some(u64::try_from(LONG).unwrap())
    );
    assert_eq!(response.bytes().await.unwrap().len(), LONG);
    world.stop().await;
}

#[tokio::test]
async fn a_client_with_too_many_connections_loses_the_one_that_is_idle_for_longest() {
    let world = World::with(|edge| edge.connections = 6);
    let mut idle = Vec::new();
    for _ in 0..3 {
        let mut connection = world.send("GET", "/things").await;
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        idle.push(connection);
    }
    let mut more = world.send("GET", "/things").await;
    let mut answer = [0; 12];
    more.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    // The rest of its answer, and then the end.
    let mut rest = Vec::new();
    idle[0].read_to_end(&mut rest).await.unwrap();
    idle[1]
        .write_all(b"GET /things HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut rest = Vec::new();
    idle[1].read_to_end(&mut rest).await.unwrap();
    let text = String::from_utf8(rest).unwrap();
    assert!(text.contains("HTTP/1.1 200"), "{text}");
    drop((idle, more));
    world.stop().await;
}

#[tokio::test]
async fn after_a_refusal_that_is_the_last_answer_nothing_more_is_answered() {
    let world = World::start();
    let address = world.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let requests = ["/ended", "/things/never", "/things"]
        .map(|path| format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n"))
        .concat();
    connection.write_all(requests.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    connection.read_to_end(&mut read).await.unwrap();
    let text = String::from_utf8(read).unwrap();
    let answers: Vec<_> = text.match_indices("HTTP/1.1 ").collect();
    assert_eq!(answers.len(), 1, "{text}");
    world.stop().await;
}
