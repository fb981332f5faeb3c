//! Work on orders as spans. An order processed by a timer begins a trace of its own, because the original request may have ended long
//! ago. `marketplace.order.id` finds both traces.

use tracing::field::display;
use tracing::{Instrument as _, Span, info_span};

use kernel::OrderId;

use crate::layer::TARGET;
use crate::otlp::{self, is_on};
use crate::spans;

/// The `traceparent` for a message about `order` sent by the current work.
#[must_use]
pub fn traceparent(order: OrderId) -> Option<String> {
    otlp::traceparent(&spans::of(order)?)
}

/// Records which order the current traced request is about.
pub fn note_order(order: OrderId) {
    if is_on() {
        Span::current().record("marketplace.order.id", display(order));
    }
}

/// Runs `work` for `order` in a span of its own, called `name`.
pub async fn within<F: Future>(name: &'static str, order: OrderId, work: F) -> F::Output {
    let span = spans::of(order).map(|parent| {
        info_span!(target: TARGET, parent: &parent, "within", otel.name = name, marketplace.order.id = %order)
    });
    work.instrument(span.unwrap_or_else(Span::none)).await
}

/// Runs `work`, which processes `orders`, and begins a trace for each order that is sampled. `name` describes the work.
pub async fn sweeping<F: Future>(name: &'static str, orders: &[OrderId], work: F) -> F::Output {
    let traced = orders.iter().filter_map(|order| {
        let span = otlp::begin(None, || {
            info_span!(target: TARGET, parent: None, "sweep", otel.name = name, marketplace.order.id = %order)
        })?;
        Some((*order, span))
    });
    spans::in_batch(traced.collect(), work).await
}
