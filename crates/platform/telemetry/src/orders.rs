//! Work on orders as spans. An order that acts by time begins a trace of its own, for the request that it goes back to may have ended
//! long ago. `marketplace.order.id` finds both traces.

use tracing::field::display;
use tracing::{Instrument as _, Span, info_span};

use kernel::OrderId;

use crate::layer::TARGET;
use crate::otlp::{self, is_on};
use crate::spans;

/// `traceparent` of a message about `order` that the work at hand sends.
#[must_use]
pub fn traceparent(order: OrderId) -> Option<String> {
    otlp::traceparent(&spans::of(order)?)
}

/// Says which order the traced request at hand is about.
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

/// Runs `work`, which lets `orders` act, and begins a trace for each of them that the settings choose. `name` says what it does.
pub async fn sweeping<F: Future>(name: &'static str, orders: &[OrderId], work: F) -> F::Output {
    let traced = orders.iter().filter_map(|order| {
        let span = otlp::begin(None, || {
            info_span!(target: TARGET, parent: None, "sweep", otel.name = name, marketplace.order.id = %order)
        })?;
        Some((*order, span))
    });
    spans::in_batch(traced.collect(), work).await
}
