//! What is no request: it is refused like anything else, whichever layer finds it.

use rstest::rstest;
use serde_json::Value;

use super::*;

impl World {
    /// Sends `bytes`. Returns the answers until the server closes the connection.
    async fn raw(&self, bytes: &[u8]) -> Vec<Raw> {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(bytes).await.unwrap();
        let mut read = Vec::new();
        connection.read_to_end(&mut read).await.unwrap();
        let text = String::from_utf8(read).unwrap();
        let starts = text.match_indices("HTTP/1.").map(|(at, _)| at);
        let ends = starts.clone().skip(1).chain([text.len()]);
        starts
            .zip(ends)
            .map(|(start, end)| Raw(text[start..end].to_owned()))
            .collect()
    }
}

/// One answer, head and body.
#[derive(Debug)]
struct Raw(String);

impl Raw {
    fn assert_problem(&self, status: u16, code: &str) {
        let (head, body) = self.0.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        let header = |name: &str| {
            let values = head
                .lines()
                .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let values: Vec<&str> = values.collect();
            assert_eq!(values.len(), 1, "{name} in {head}");
            values[0]
        };
        assert_eq!(header("content-type"), "application/problem+json");
        assert_eq!(header("content-length"), body.len().to_string());
        assert_eq!(header("connection"), "close");
        assert!(header("date").ends_with(" GMT"), "{head}");
        let problem: Value = serde_json::from_str(body).unwrap();
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(problem["instance"], header("x-request-id"));
        assert_eq!(header("x-request-id").len(), 36);
    }
}

#[rstest]
#[case("\x16\x03\x01\x02\r\n\r\n")]
#[case("GET /things\r\nhost: x\r\n\r\n")]
#[case("GET /a b HTTP/1.1\r\nhost: x\r\n\r\n")]
#[case("GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n")]
#[case("GET /things HTTP/2.0\r\nhost: x\r\n\r\n")]
#[case("GET /things HTTP/1.1\r\n\r\n")]
#[case("GET /things HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n")]
#[case("GET /things HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n")]
#[case("GET /things HTTP/1.1\r\nhost: x\r\nfolded: a\r\n b\r\n\r\n")]
#[case("GET /things HTTP/1.1\r\nhost: x\r\nnul: a\0b\r\n\r\n")]
#[case("GET things HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")]
#[case("OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")]
#[case("POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n{}")]
#[case("POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n{}")]
#[case("POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}")]
#[case(
    "POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
)]
#[case("POST /things HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n{}")]
#[tokio::test]
async fn what_cannot_be_read_as_a_request_is_a_problem_with_a_request_id(#[case] request: &str) {
    let world = World::start();
    let answers = world.raw(request.as_bytes()).await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers[0].assert_problem(400, "invalid_header");
    world.stop().await;
}

#[tokio::test]
async fn a_host_that_is_none_is_refused() {
    let world = World::start();
    for host in ["", "a b", "a/b", "ada@shop.example", "a:port:7"] {
        let request = world.request("GET", "/things").header("host", host);
        let refused = Answer::of(request).await;
        refused.assert_problem(400, "invalid_header");
    }
    for host in [
        "shop.example",
        "shop.example:8080",
        "[::1]:8080",
        "user_service",
    ] {
        let request = world.request("GET", "/things").header("host", host);
        assert_eq!(Answer::of(request).await.status, 200, "{host}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_line_that_is_too_long_is_told_apart_from_headers_that_are() {
    let world = World::start();
    for length in [17_000, 70_000, 200_000, 2_000_000] {
        let long = "a".repeat(length);
        let line = format!("GET /{long} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let header =
            format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nlong: {long}\r\n\r\n");
        for (request, status, code) in [
            (line, 414, "uri_too_long"),
            (header, 431, "headers_too_large"),
        ] {
            let answers = world.raw(request.as_bytes()).await;
            assert_eq!(answers.len(), 1, "{length}: {answers:?}");
            answers[0].assert_problem(status, code);
        }
    }
    let many = "many: 1\r\n".repeat(200);
    let request = format!("GET /things HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    world.raw(request.as_bytes()).await[0].assert_problem(431, "headers_too_large");
    world.stop().await;
}

#[rstest]
#[case("zz\r\n{}\r\n0\r\n\r\n")]
#[case("2\r\n{}XX0\r\n\r\n")]
#[case("ffffffffffffffffff\r\n{}")]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_once(#[case] body: &str) {
    let world = World::start();
    let head = "POST /things/read HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let answers = world.raw(format!("{head}{body}").as_bytes()).await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers[0].assert_problem(400, "malformed_json");
    world.stop().await;
}

#[tokio::test]
async fn what_came_before_is_answered_before_the_refusal() {
    let world = World::start();
    let good = "GET /things HTTP/1.1\r\nhost: x\r\n\r\n";
    let answers = world
        .raw(format!("{good}{good}BAD\r\n\r\n").as_bytes())
        .await;
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert!(answers[0].0.starts_with("HTTP/1.1 200 OK"));
    assert!(answers[1].0.starts_with("HTTP/1.1 200 OK"));
    answers[2].assert_problem(400, "invalid_header");
    let metrics = world.request("GET", "/metrics").send().await.unwrap();
    let text = metrics.text().await.unwrap();
    let counted = r#"route="unmatched",method="other",status="400""#;
    assert!(text.contains(counted), "{text}");
    world.stop().await;
}
