//! Orders that act by time, as spans: each begins a trace of its own, drawn like a request's, for the request that it goes back to may
//! be over since yesterday. The order's id, which every span of either has, finds both.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::OrderId;

use super::attribute::Kind;
use super::origin::{self, Origin};
use super::span::{self, Span};

/// Runs `work`, which lets these orders act, as the begin of a trace for each of them that is chosen. `name` says what it does.
pub async fn sweeping<F: Future>(name: &'static str, orders: &[OrderId], work: F) -> F::Output {
    if !span::is_on() {
        return work.await;
    }
    let mut spans = Vec::new();
    let mut contexts = HashMap::new();
    for order in orders {
        if let Some(mut span) = Span::begin(|| None, Kind::Internal, name) {
            span.set_order(*order);
            contexts.insert(*order, span.context());
            spans.push(span);
        }
    }
    let origin = (!contexts.is_empty()).then(|| Arc::new(Origin::Batch(contexts)));
    origin::scope(origin, work).await
}
