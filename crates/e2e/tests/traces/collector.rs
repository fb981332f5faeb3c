//! A collector in this process: receives OTLP as protobuf over HTTP and keeps the spans.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{Span as Sent, status::StatusCode};
use prost::Message;

/// A span as received.
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

/// Receives spans until the test ends.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    url: String,
    received: Arc<Mutex<Received>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let received = Arc::<Mutex<Received>>::default();
        let taking = received.clone();
        Self {
            url: e2e::receive_traces(move |body| taking.lock().unwrap().take(body)),
            received,
        }
    }

    /// The value for `telemetry.otlp_endpoint`.
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

    /// Asserts that no received data contains any of `secrets`.
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

impl Received {
    fn take(&mut self, body: Vec<u8>) {
        let export = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        for of_service in export.resource_spans {
            let about = attributes(of_service.resource.unwrap().attributes);
            let spans = of_service.scope_spans.into_iter().flat_map(|s| s.spans);
            let service = &about["service.name"];
            self.spans.extend(spans.map(|span| read(service, span)));
        }
        self.bodies.push(body);
    }
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
