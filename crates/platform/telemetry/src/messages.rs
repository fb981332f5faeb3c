//! Messages as spans: one for each message sent and one for each message handled, although both happen in batches. A message carries the
//! `traceparent` of the span that sent it, and the receiver's span is a child of that span. A trace therefore follows an order, never a
//! batch. A message without `traceparent` belongs to no trace and begins none.

use std::sync::Arc;

use contracts::{Envelope, Kind};
use kernel::OrderId;
use tracing::field::Empty;
use tracing::span::Entered;
use tracing::{Span, info_span};

use crate::layer::TARGET;
use crate::otlp::{self, is_on};
use crate::spans::{self, fail};

/// The spans of a batch: one for each message, in order, or none while traces are off. They end when this is dropped.
pub struct MessageSpans(Vec<(OrderId, Span)>);

impl MessageSpans {
    /// Begins the spans of traced messages on their way from an outbox to the bus. From then on the messages carry the span's
    /// `traceparent`.
    #[must_use]
    pub fn sending(system: &'static str, batch: &mut [Arc<Envelope>]) -> Self {
        let spans = Self::begin(batch, |message| {
            let exchange = match message.kind {
                Kind::Command => "commands",
                Kind::Event => "events",
            };
            span(message, ("producer", "send"), system, exchange)
        });
        for (message, (_, span)) in batch.iter_mut().zip(&spans.0) {
            if let Some(traceparent) = otlp::traceparent(span) {
                *message = Arc::new(Envelope {
                    traceparent: Some(traceparent),
                    ..Envelope::clone(message)
                });
            }
        }
        spans
    }

    /// Begins the spans of traced messages that came from `queue`.
    #[must_use]
    pub fn handling(system: &'static str, queue: &str, batch: &[Arc<Envelope>]) -> Self {
        let count = i64::try_from(batch.len()).unwrap_or(i64::MAX);
        Self::begin(batch, |message| {
            let span = span(message, ("consumer", "process"), system, queue);
            span.record("messaging.batch.message_count", count);
            span
        })
    }

    fn begin(batch: &[Arc<Envelope>], span: impl Fn(&Envelope) -> Span) -> Self {
        if !is_on() {
            return Self(Vec::new());
        }
        let spans = batch.iter().map(|message| {
            let parent = message.traceparent.as_deref();
            let span = parent.and_then(|parent| otlp::follow(parent, || span(message)));
            (message.subject.into(), span.unwrap_or_else(Span::none))
        });
        Self(spans.collect())
    }

    /// Runs `work`, which handles the messages.
    pub async fn scope<F: Future>(&self, work: F) -> F::Output {
        let traced = self.0.iter().filter(|(_, span)| !span.is_none());
        spans::in_batch(traced.cloned().collect(), work).await
    }

    /// Records which messages failed, in the order of the batch: the kind of each failure, from a fixed set.
    pub fn end(&self, mut failures: impl Iterator<Item = Option<&'static str>>) {
        for (_, span) in &self.0 {
            if let Some(kind) = failures.next().unwrap_or(Some("undeliverable")) {
                fail(span, kind);
            }
        }
    }

    /// Until the guard is dropped, this thread's log lines belong to the message at `place`. Must not be held across an await.
    #[must_use]
    pub fn about(&self, place: usize) -> Option<Entered<'_>> {
        self.0.get(place).map(|(_, span)| span.enter())
    }
}

fn span(
    message: &Envelope,
    (kind, operation): (&'static str, &'static str),
    system: &'static str,
    destination: &str,
) -> Span {
    info_span!(
        target: TARGET, parent: None, "message",
        otel.name = format!("{operation} {}", message.name), otel.kind = kind,
        messaging.system = system, messaging.destination.name = destination,
        messaging.operation.type = operation, messaging.operation.name = operation,
        messaging.message.id = %message.id, marketplace.order.id = %message.subject,
        messaging.batch.message_count = Empty, error.type = Empty, otel.status_code = Empty,
    )
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use bytes::Bytes;
    use kernel::{MessageId, SystemIds, Timestamp};

    use super::*;
    use crate::{Commit, Database, LogConfig, TelemetryConfig, traceparent};

    fn message(traceparent: Option<String>) -> Arc<Envelope> {
        let ids = SystemIds::default();
        Arc::new(Envelope {
            id: MessageId::new(&ids),
            name: "marketplace.wallet.v1.DebitForOrder".to_owned(),
            kind: Kind::Command,
            subject: OrderId::new(&ids).as_uuid(),
            time: Timestamp::from_millis(0),
            traceparent,
            body: Bytes::new(),
        })
    }

    #[tokio::test]
    async fn what_a_batch_sends_from_the_writers_thread_carries_on_the_trace_of_its_order() {
        let traced = TelemetryConfig {
            otlp_endpoint: Some("http://127.0.0.1:1".to_owned().into()),
            ..TelemetryConfig::default()
        };
        let _traces = crate::start(
            &LogConfig::default(),
            &traced,
            "test",
            &crate::metrics::Metrics::default(),
        )
        .unwrap();
        let trace = |n: u8| format!("00-{n:032x}-b7ad6b7169203331");
        let batch = [
            message(Some(trace(1) + "-01")),
            message(Some(trace(2) + "-01")),
            message(Some(trace(3) + "-00")),
            message(None),
        ];
        let orders = batch.clone().map(|message| message.subject.into());
        let spans = MessageSpans::handling("memory", "wallet.commands", &batch);
        let handle = async {
            let commit = Commit::begin(Database {
                system: "sqlite",
                name: "wallet",
                operation: "COMMIT",
            });
            let sent = std::thread::spawn(move || commit.within(|| orders.map(traceparent)));
            let [first, second, unsampled, untraced] = sent.join().unwrap();
            for (n, sent) in [(1, first.unwrap()), (2, second.unwrap())] {
                let (trace, parent) = (trace(n), trace(n) + "-01");
                assert!(sent.starts_with(&trace[..36]), "{sent}");
                assert_ne!(sent, parent, "the span that handled it sent it");
            }
            assert_eq!((unsampled, untraced), (None, None));
        };
        spans.scope(handle).await;
        assert_eq!(traceparent(orders[0]), None, "the batch is over");
    }
}
