//! A collector in this process: takes OTLP as protobuf over HTTP and keeps what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{Span as Sent, status::StatusCode};
use prost::Message;

/// A span as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) failed: bool,
    pub(crate) attributes: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Received {
    spans: Vec<Span>,
    bodies: Vec<Vec<u8>>,
}

/// Takes spans until the test ends.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    url: String,
    received: Arc<Mutex<Received>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            received: Arc::default(),
        };
        let received = collector.received.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let received = received.clone();
                std::thread::spawn(move || serve(connection.unwrap(), &received));
            }
        });
        collector
    }

    /// What `telemetry.otlp_endpoint` is set to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// All spans of the trace so far.
    pub(crate) fn trace(&self, id: &str) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let of_trace = received.spans.iter().filter(|span| span.trace == id);
        of_trace.cloned().collect()
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap().spans.clone()
    }

    /// Asserts that none of what was sent holds any of `secrets`.
    pub(crate) fn assert_knows_none_of(&self, secrets: &[&str]) {
        let received = self.received.lock().unwrap();
        for body in &received.bodies {
            let text = String::from_utf8_lossy(body);
            for secret in secrets {
                assert!(!text.contains(secret), "{secret} was sent: {text}");
            }
        }
    }
}

/// Answers requests on a connection until it is closed.
fn serve(connection: TcpStream, received: &Mutex<Received>) {
    let mut answers = connection.try_clone().unwrap();
    let mut requests = BufReader::new(connection);
    while let Some((request, body)) = next(&mut requests) {
        assert_eq!(request, "POST /v1/traces HTTP/1.1");
        let export = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let mut received = received.lock().unwrap();
        for of_service in export.resource_spans {
            let about = attributes(of_service.resource.unwrap().attributes);
            let spans = of_service.scope_spans.into_iter().flat_map(|s| s.spans);
            let service = &about["service.name"];
            received.spans.extend(spans.map(|span| read(service, span)));
        }
        received.bodies.push(body);
        drop(received);
        answers
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    }
}

/// The next request line and body; None if there is none, because the sender has gone.
fn next(requests: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_ascii_lowercase());
    }
    let length = head
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    assert!(head.contains(&"content-type: application/x-protobuf".to_owned()));
    let mut body = vec![0; length];
    requests.read_exact(&mut body).ok()?;
    let request = head[0].replace("post ", "POST ").replace("http/", "HTTP/");
    Some((request, body))
}

fn read(service: &str, span: Sent) -> Span {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(String::new(), |hex, b| format!("{hex}{b:02x}"))
    };
    assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    Span {
        service: service.to_owned(),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: span.kind(),
        failed: span.status.is_some_and(|s| s.code() == StatusCode::Error),
        name: span.name,
        attributes: attributes(span.attributes),
    }
}

fn attributes(all: Vec<KeyValue>) -> BTreeMap<String, String> {
    all.into_iter()
        .map(|attribute| (attribute.key, text(attribute.value)))
        .collect()
}

fn text(value: Option<AnyValue>) -> String {
    let value = value.unwrap().value.unwrap();
    if let Value::StringValue(text) = value {
        return text;
    }
    let Value::IntValue(number) = value else {
        panic!("{value:?} is no value that we send");
    };
    number.to_string()
}
