//! A trace as a picture: a line a span, its children below it.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::collector::{Collector, Span};

/// How long all spans of an order may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the trace looks like `expected`. `root` is the span that the client says it is in. Returns its spans.
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
        // A span that hangs on nothing that arrived is in no picture.
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

/// A span in a line. Messages without their package, databases without what the test's stack calls its own.
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
