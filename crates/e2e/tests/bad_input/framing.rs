//! What is no HTTP request, sent as bytes.

use e2e::Shape;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sends `bytes`. Returns the head, with the names of headers in lower case, and the body of the one answer.
async fn raw(shape: &Shape, bytes: &[u8]) -> (String, String) {
    let address = shape.client().url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(bytes).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!body.contains("HTTP/1."), "one answer: {answer}");
    (head.to_lowercase(), body.to_owned())
}

const NO_REQUESTS: [&str; 10] = [
    "\x16\x03\x01\r\n\r\n",
    "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n",
    "GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n",
    "GET /healthz HTTP/2.0\r\nhost: x\r\n\r\n",
    "GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n",
    "GET /healthz HTTP/1.1\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n",
];

/// What follows the head of a POST.
const NO_FRAMES: [&str; 5] = [
    "content-length: abc\r\n\r\n{}",
    "content-length: -1\r\n\r\n{}",
    "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "transfer-encoding: gzip\r\n\r\n{}",
];

#[tokio::test]
async fn what_is_no_request_is_a_problem_with_a_request_id() {
    let shape = Shape::start();
    let unread = |request: String| (request, 400, "invalid_header");
    let mut requests: Vec<(String, u16, &str)> =
        NO_REQUESTS.map(|one| unread(one.to_owned())).into();
    let post = "POST /api/users/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    requests.extend(NO_FRAMES.map(|rest| unread(format!("{post}{rest}"))));
    let end = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    for long in [20_000, 500_000].map(|length| "x".repeat(length)) {
        requests.push((format!("GET /{long} {end}\r\n"), 414, "uri_too_long"));
        let header = format!("GET /healthz {end}long: {long}\r\n\r\n");
        requests.push((header, 431, "headers_too_large"));
    }
    for method in ["BREW", "TRACE"] {
        let request = format!("{method} /healthz {end}\r\n");
        requests.push((request, 405, "method_not_allowed"));
    }
    for (request, status, code) in requests {
        let shown: String = request.chars().take(90).collect();
        let (head, body) = raw(&shape, request.as_bytes()).await;
        assert!(
            head.starts_with(&format!("http/1.1 {status} ")),
            "{shown:?}: {head}"
        );
        let media_type = "\r\ncontent-type: application/problem+json";
        assert!(head.contains(media_type), "{shown:?}: {head}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["code"], code, "{shown:?}");
        assert_eq!(problem["status"], status, "{shown:?}");
        let id = problem["instance"].as_str().unwrap();
        assert!(id.len() >= 32, "{shown:?}: {id}");
        let header = format!("\r\nx-request-id: {id}");
        assert_eq!(head.matches(&header).count(), 1, "{shown:?}: {head}");
    }
}
