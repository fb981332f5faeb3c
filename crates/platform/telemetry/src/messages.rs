//! Messages as spans: one for each that is sent and one for each that is handled, though both happen in batches. A message carries the
//! context of the span that sent it, and what its receiver does with it is a child of that: so a trace follows one order, never a
//! batch. A message that comes without a recorded context belongs to no trace, and none is begun for it.

use std::collections::HashMap;
use std::sync::Arc;

use contracts::{Envelope, Kind as MessageKind};

use super::attribute::Kind;
use super::context::TraceContext;
use super::origin::{self, Origin};
use super::span::{self, Span};

/// What became of a message, as its span tells it.
pub trait Handled {
    /// The kind of failure, from a fixed set; none if it went well.
    fn failure(&self) -> Option<&'static str>;
}

/// The spans of a batch, with the messages' places in it.
type Spans = Vec<(usize, Span)>;

/// A batch on its way from an outbox to the bus.
pub struct Sending(Spans);

impl Sending {
    /// Begins the spans of the traced messages of `batch`, which from now on carry them.
    pub fn begin(system: &'static str, batch: &mut [Arc<Envelope>]) -> Self {
        let mut spans = Vec::new();
        if !span::is_on() {
            return Self(spans);
        }
        for (place, message) in batch.iter_mut().enumerate() {
            if let Some(mut span) = of_message(message, Kind::Producer, "send", system) {
                span.set("messaging.destination.name", exchange(message.kind));
                *message = Arc::new(Envelope {
                    traceparent: Some(span.context().to_string()),
                    ..Envelope::clone(message)
                });
                spans.push((place, span));
            }
        }
        Self(spans)
    }

    /// What came of the messages, in the order of the batch.
    pub fn end(self, outcomes: &[impl Handled]) {
        end(self.0, outcomes);
    }
}

/// A batch in the hands of a receiver.
pub struct Handling {
    spans: Spans,
    origin: Option<Arc<Origin>>,
}

impl Handling {
    /// Begins the spans of the traced messages of `batch`, which came from `queue`.
    pub fn begin(system: &'static str, queue: &'static str, batch: &[Arc<Envelope>]) -> Self {
        let mut spans = Vec::new();
        if !span::is_on() {
            return Self {
                spans,
                origin: None,
            };
        }
        let mut contexts = HashMap::new();
        for (place, message) in batch.iter().enumerate() {
            if let Some(mut span) = of_message(message, Kind::Consumer, "process", system) {
                span.set("messaging.destination.name", queue);
                span.set("messaging.batch.message_count", batch.len());
                contexts.insert(message.order, span.context());
                spans.push((place, span));
            }
        }
        let origin = (!contexts.is_empty()).then(|| Arc::new(Origin::Batch(contexts)));
        Self { spans, origin }
    }

    /// Handles the batch: `work` gives one outcome for each message, in order.
    pub async fn of<O: Handled>(self, work: impl Future<Output = Vec<O>>) -> Vec<O> {
        let outcomes = origin::scope(self.origin, work).await;
        end(self.spans, &outcomes);
        outcomes
    }
}

fn of_message(
    message: &Envelope,
    kind: Kind,
    operation: &'static str,
    system: &'static str,
) -> Option<Span> {
    let parent = TraceContext::followed(message.traceparent.as_deref()?)?;
    let mut span = Span::child(parent, kind, format!("{operation} {}", message.name))?;
    span.set("messaging.system", system);
    span.set("messaging.operation.type", operation);
    span.set("messaging.operation.name", operation);
    span.set_message(message.id);
    span.set_order(message.order);
    Some(span)
}

/// Where a message of this kind is sent, before it is known who takes it.
fn exchange(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Command => "commands",
        MessageKind::Event => "events",
    }
}

fn end(spans: Spans, outcomes: &[impl Handled]) {
    for (place, mut span) in spans {
        let failure = outcomes
            .get(place)
            .map_or(Some("undeliverable"), Handled::failure);
        if let Some(kind) = failure {
            span.fail(kind);
        }
    }
}
