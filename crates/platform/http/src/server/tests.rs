//! The edge in front of a small API: properties of every answer, no matter which part produced it.

use actix_web::HttpResponse;
use kernel::SystemIds;
use reqwest::{Method, RequestBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::testing::Answer;
use crate::{Body, to_the_end};
use telemetry::current_request_id;
use telemetry::metrics::Metrics;

mod clients;
mod compressed;
mod pages;
mod unread;

/// A server and the switches that a test may flip.
struct World {
    server: Server,
    in_flight: Arc<AtomicUsize>,
    url: String,
    client: reqwest::Client,
}

impl World {
    fn start() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Edge)) -> Self {
        let mut edge = Edge::new(
            Port::Only,
            Arc::new(SystemIds::default()),
            Metrics::default(),
            Vec::new(),
        );
        change(&mut edge);
        let in_flight = edge.in_flight.clone();
        let routes: Routes = Arc::new(|config: &mut ServiceConfig| {
            Paths::default()
                .get("/api/things", name)
                .get("/api/docs", name)
                .get("/things", name)
                .post("/things", name)
                .post("/things/make", name)
                .post("/things/read", swallow)
                .get("/things/never", never)
                .post("/things/finished", finished)
                .declare(config);
            compressed::routes().declare(config);
            clients::routes()(config);
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self {
            server: Server::start(listener, 1, edge, vec![routes]).unwrap(),
            in_flight,
            url,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url))
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        Answer::of(self.request(method, path)).await
    }

    async fn stop(self) {
        self.server.stop().await.unwrap();
    }
}

/// Answers with the id of the request.
async fn name() -> HttpResponse {
    HttpResponse::Ok().json(current_request_id())
}

/// Waits for something that never happens.
async fn never() -> HttpResponse {
    std::future::pending().await
}

/// How many requests to `/things/finished` have begun and ended.
static FINISHED: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Takes a moment, and ends whether or not its client waits.
async fn finished() -> Result<HttpResponse, Problem> {
    to_the_end(async {
        FINISHED[0].fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        FINISHED[1].fetch_add(1, Ordering::SeqCst);
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Reads a body.
async fn swallow(_: Body<serde_json::Value>) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

#[tokio::test]
async fn a_requests_id_is_in_its_answer_and_known_to_its_handler() {
    let world = World::start();
    let named = Answer::of(
        world
            .request("GET", "/things")
            .header("x-request-id", "trace-42"),
    )
    .await;
    assert_eq!(
        (named.header("x-request-id"), named.body.as_str()),
        ("trace-42", Some("trace-42"))
    );
    let (one, other) = (
        world.ask("GET", "/things").await,
        world.ask("GET", "/things").await,
    );
    assert_eq!(one.header("x-request-id").len(), 36);
    assert_eq!(one.body.as_str(), Some(one.header("x-request-id")));
    assert_ne!(one.body, other.body);
    let bad = Answer::of(
        world
            .request("GET", "/nothing")
            .header("x-request-id", "a b"),
    )
    .await;
    bad.assert_problem(404, "not_found");
    assert_eq!(bad.header("x-request-id").len(), 36);
    world.stop().await;
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_the_path_takes() {
    let world = World::start();
    for (method, path, allow) in [
        ("PUT", "/things", "GET, HEAD, POST"),
        ("DELETE", "/things", "GET, HEAD, POST"),
        ("OPTIONS", "/things", "GET, HEAD, POST"),
        ("BREW", "/things", "GET, HEAD, POST"),
        ("GET", "/things/make", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ] {
        let refused = world.ask(method, path).await;
        refused.assert_problem(405, "method_not_allowed");
        assert_eq!(refused.header("allow"), allow, "{method} {path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::start();
    for path in ["/things", "/healthz", "/readyz", "/metrics"] {
        let head = world.request("HEAD", path).send().await.unwrap();
        let get = world.request("GET", path).send().await.unwrap();
        assert_eq!(head.status(), 200, "{path}");
        for header in ["content-type", "content-length"] {
            // The HEAD request itself changed the metrics in the meantime.
            if path != "/metrics" || header == "content-type" {
                assert_eq!(head.headers()[header], get.headers()[header], "{path}");
            }
        }
        assert!(head.headers().contains_key("x-request-id"));
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
    for (path, status) in [("/nothing", 404), ("/things/make", 405)] {
        let head = world.request("HEAD", path).send().await.unwrap();
        assert_eq!(head.status(), status, "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn beyond_the_limit_of_requests_in_flight_one_is_told_when_to_come_back() {
    let world = World::start();
    world.in_flight.store(IN_FLIGHT, Ordering::Relaxed);
    for path in ["/things", "/nothing", "/healthz/x"] {
        let refused = world.ask("GET", path).await;
        refused.assert_problem(503, "unavailable");
        assert_eq!(refused.header("retry-after"), "1");
    }
    for path in OPERATIONS {
        let answer = world.request("GET", path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    // Refused requests have released their slots; one more slot is enough for one request at a time.
    assert_eq!(world.in_flight.load(Ordering::Relaxed), IN_FLIGHT);
    world.in_flight.fetch_sub(1, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(world.ask("GET", "/things").await.status, 200);
        world
            .ask("GET", "/nothing")
            .await
            .assert_problem(404, "not_found");
    }
    assert_eq!(world.in_flight.load(Ordering::Relaxed), IN_FLIGHT - 1);
    world.stop().await;
}

#[tokio::test]
async fn metrics_count_by_route_and_never_by_what_a_client_made_up() {
    let world = World::start();
    world.ask("GET", "/things").await;
    world.ask("GET", "/made/up").await;
    world.ask("BREW", "/things").await;
    let metrics = world.request("GET", "/metrics").send().await.unwrap();
    let text = metrics.text().await.unwrap();
    for label in [
        r#"route="/things",method="GET",status="200""#,
        r#"route="unmatched",method="GET",status="404""#,
        r#"route="/things",method="other",status="405""#,
    ] {
        assert!(text.contains(label), "{label} in {text}");
    }
    assert!(!text.contains("made") && !text.contains("BREW"), "{text}");
    world.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up_with_its_place_and_its_connection() {
    let world = World::with(|edge| edge.body_time = Duration::from_millis(50));
    let address = world.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let start = "POST /things/read HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                 content-length: 100\r\n\r\n{\"half\":";
    connection.write_all(start.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Returns only because the server closes the connection.
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.contains("\"code\":\"request_timeout\""), "{answer}");
    assert_eq!(world.in_flight.load(Ordering::Relaxed), 0);
    let whole = world.request("POST", "/things/read").json(&());
    assert_eq!(Answer::of(whole).await.status, 204);
    world.stop().await;
}

#[tokio::test]
async fn who_accepts_no_json_is_told_so_by_the_api_and_by_nothing_else() {
    let world = World::start();
    let ask = async |path: &str, accept: &str| {
        Answer::of(world.request("GET", path).header("accept", accept)).await
    };
    for accept in [
        "",
        "*/*",
        "application/json",
        "Application/JSON;q=0.1",
        "application/problem+json",
        "text/html, application/*;q=0.8",
        "text/html;q=0, */*;q=0.001",
    ] {
        assert_eq!(ask("/api/things", accept).await.status, 200, "{accept}");
    }
    for accept in [
        "text/html",
        "application/xml, text/*",
        "application/jsonp",
        "application/json;q=0",
        "*/*; q=0.000",
    ] {
        let refused = ask("/api/things", accept).await;
        refused.assert_problem(406, "not_acceptable");
        for elsewhere in ["/api/docs", "/healthz"] {
            assert_eq!(ask(elsewhere, accept).await.status, 200, "{accept}");
        }
    }
    world.stop().await;
}

#[test]
fn a_crowd_that_comes_at_once_finds_a_place_to_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    lengthen_queue(&listener).unwrap();
    let address = listener.local_addr().unwrap();
    // No thread accepts. A client that finds the queue full is not refused: it gets no reply at all.
    let crowd: Vec<_> = (0..500)
        .map(|_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500)))
        .collect();
    assert_eq!(crowd.iter().filter(|one| one.is_err()).count(), 0);
}

#[tokio::test]
async fn a_server_that_has_stopped_holds_nothing_that_its_routes_used() {
    for _ in 0..20 {
        let used = Arc::new(());
        let by_routes = used.clone();
        let routes: Routes = Arc::new(move |config: &mut ServiceConfig| {
            config.app_data(web::Data::from(by_routes.clone()));
        });
        let ids = Arc::new(SystemIds::default());
        let edge = Edge::new(Port::Only, ids, Metrics::default(), Vec::new());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::start(listener, 4, edge, vec![routes]).unwrap();
        assert!(Arc::strong_count(&used) > 1);
        server.stop().await.unwrap();
        assert_eq!(Arc::strong_count(&used), 1);
    }
}

impl World {
    /// Connects, sends a request without a body, and returns the connection.
    async fn send(&self, method: &str, path: &str) -> TcpStream {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        connection
    }

    /// Waits until `line` is in the metrics.
    async fn counts(&self, line: &str) {
        for _ in 0..500 {
            let metrics = self.request("GET", "/metrics").send().await.unwrap();
            if metrics.text().await.unwrap().lines().any(|one| one == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never counted: {line}");
    }
}

#[tokio::test]
async fn a_request_whose_client_left_is_dropped_where_it_waits_and_counted() {
    let world = World::start();
    let closed = world.send("GET", "/things/never").await;
    let mut half_closed = world.send("GET", "/things/never").await;
    half_closed.shutdown().await.unwrap();
    drop(closed);
    world
        .counts(
            r#"marketplace_http_requests_total{route="/things/never",method="GET",status="499"} 2"#,
        )
        .await;
    assert_eq!(world.in_flight.load(Ordering::SeqCst), 0);
    world.stop().await;
}

#[tokio::test]
async fn a_client_that_closes_its_side_still_gets_an_answer_that_needs_no_wait() {
    let world = World::start();
    let mut client = world.send("GET", "/healthz").await;
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    world.stop().await;
}

#[tokio::test]
async fn work_that_must_not_stop_halfway_ends_although_its_client_left() {
    let world = World::start();
    let client = world.send("POST", "/things/finished").await;
    let at = |index: usize| FINISHED[index].load(Ordering::SeqCst);
    while at(0) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(client);
    world
        .counts(r#"marketplace_http_requests_total{route="/things/finished",method="POST",status="499"} 1"#)
        .await;
    while at(1) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    world.stop().await;
}
