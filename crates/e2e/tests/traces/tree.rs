//! A trace as a picture: one line per span, its children indented below it.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::collector::{Collector, Span};

/// How long the spans of an order may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the trace looks like `expected`. `root` is the span in the client's `traceparent`. Returns the trace's spans.
pub(crate) async fn grows_to(
    collector: &Collector,
    trace: &str,
    root: &str,
    expected: &str,
) -> Vec<Span> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let spans = collector.trace(trace);
        let grown = picture(&spans, root, 0);
        // The picture omits a span whose parent has not arrived.
        if grown.trim() == expected.trim() && grown.lines().count() == spans.len() {
            return spans;
        }
        assert!(
            Instant::now() < deadline,
            "{} spans:\n{grown}\ninstead of\n{expected}",
            spans.len()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn picture(spans: &[Span], parent: &str, depth: usize) -> String {
    let mut children: Vec<(String, &str)> = spans
        .iter()
        .filter(|span| span.parent == parent)
        .map(|span| (line(span), span.id.as_str()))
        .collect();
    children.sort();
    children
        .into_iter()
        .fold(String::new(), |above, (line, id)| {
            let below = picture(spans, id, depth + 1);
            format!("{above}{:1$}{line}\n{below}", "", depth * 2)
        })
}

/// A span as a line: its name, kind and service, and whether it failed.
fn line(span: &Span) -> String {
    let kind = match span.kind {
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
        SpanKind::Unspecified => "unspecified",
    };
    let failed = if span.failed { " FAILED" } else { "" };
    format!("{} ({kind}, {}){failed}", span.name, span.service)
}
