//! `health`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use host::service::Deps;
use kernel::{Currency, SystemClock};
use marketplace::{DataDir, Marketplace, Services, Settings};

use crate::run::{Run, run};

fn health(listen: &str) -> Run {
    run(&["health", "--listen", listen], &[])
}

/// A server that answers one request with `answer` verbatim. Returns its address and a channel for the request.
fn answering(answer: &'static str) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ask, asked) = channel();
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            connection.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        connection.write_all(answer.as_bytes()).unwrap();
        ask.send(String::from_utf8(request).unwrap()).unwrap();
    });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_marketplace_that_is_ready_it_exits_0_and_prints_what_readyz_says() {
    let temp = tempfile::tempdir().unwrap();
    let dir = DataDir::create(temp.path()).unwrap();
    let marketplace = Marketplace::build(
        &Settings::default(),
        &Services::default(),
        &dir,
        Deps::new(Arc::new(SystemClock), Currency::USD),
        Arc::new(SystemClock),
    )
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = marketplace
        .start(listener, &Settings::default().server)
        .unwrap();
    let port = running.address.port();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://127.0.0.1:{port}/readyz");
    let report = client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(report.contains(r#""status":"ready""#), "{report}");
    // For an unspecified (wildcard) address, the loopback interface is queried.
    for host in ["127.0.0.1", "0.0.0.0"] {
        let healthy = health(&format!("{host}:{port}"));
        assert_eq!(
            (healthy.code, healthy.stdout.trim_end()),
            (Some(0), report.as_str()),
            "{healthy:?}"
        );
        assert_eq!(healthy.stderr, "");
    }
    running.stop().await.unwrap();
}

#[test]
fn of_one_that_is_not_ready_it_exits_1_and_prints_what_is_missing() {
    let (address, asked) = answering(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\r\n{\"status\":\"not ready\",\"dependencies\":[]}",
    );
    let unready = health(&address.to_string());
    assert_eq!(
        (unready.code, unready.stdout.as_str()),
        (Some(1), "{\"status\":\"not ready\",\"dependencies\":[]}\n"),
        "{unready:?}"
    );
    let request = asked.recv().unwrap();
    assert!(request.starts_with("GET /readyz HTTP/1.0\r\n"), "{request}");
}

#[test]
fn where_nobody_listens_it_exits_1_and_says_where() {
    // The local port of an open connection: no other process is given it, and nothing listens on it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let nobody = connection.local_addr().unwrap().to_string();
    let unhealthy = health(&nobody);
    assert_eq!(unhealthy.code, Some(1), "{unhealthy:?}");
    assert_eq!(unhealthy.stdout, "");
    let sentence = format!("marketplace: nobody answers on {nobody}: ");
    assert!(unhealthy.stderr.starts_with(&sentence), "{unhealthy:?}");
}

#[test]
fn of_a_server_that_says_nothing_it_exits_1_within_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap().to_string();
    let unhealthy = health(&silent);
    assert_eq!(unhealthy.code, Some(1), "{unhealthy:?}");
    let sentence = format!("marketplace: nobody answers on {silent}: ");
    assert!(unhealthy.stderr.starts_with(&sentence), "{unhealthy:?}");
}

#[test]
fn of_a_server_that_does_not_speak_http_it_exits_1_and_says_so() {
    let (address, _asked) = answering("welcome\r\n");
    let unhealthy = health(&address.to_string());
    assert_eq!(
        (unhealthy.code, unhealthy.stderr.as_str()),
        (Some(1), "marketplace: this is no HTTP answer\n"),
        "{unhealthy:?}"
    );
}
