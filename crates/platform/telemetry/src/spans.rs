//! The span of the current work: the current `tracing` span, or in a batch one span per order. Untraced work has no span, so nothing is
//! looked up, created or copied for it.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::OrderId;
use tracing::Span;

use crate::layer::TARGET;
use crate::otlp::is_on;

type Batch = Arc<HashMap<OrderId, Span>>;

tokio::task_local! {
    /// The spans of the messages or orders that this task handles together.
    static BATCH: Batch;
}

/// The current `tracing` span, if it is of a trace.
pub(crate) fn current() -> Option<Span> {
    let span = is_on().then(Span::current)?;
    let is_traced = span.metadata().is_some_and(|span| span.target() == TARGET);
    is_traced.then_some(span)
}

fn batch() -> Option<Batch> {
    is_on().then(|| BATCH.try_with(Clone::clone).ok())?
}

/// The span of work on `order`.
pub(crate) fn of(order: OrderId) -> Option<Span> {
    current().or_else(|| batch()?.get(&order).cloned())
}

/// All spans of the current work.
pub(crate) fn all() -> Vec<Span> {
    match (current(), batch()) {
        (Some(span), _) => vec![span],
        (None, Some(batch)) => batch.values().cloned().collect(),
        (None, None) => Vec::new(),
    }
}

/// Runs `work` so that each part of it belongs to one of `spans`, chosen by order.
pub(crate) async fn in_batch<F: Future>(spans: HashMap<OrderId, Span>, work: F) -> F::Output {
    if spans.is_empty() {
        return work.await;
    }
    BATCH.scope(Arc::new(spans), work).await
}

/// Carries the current work's spans to another thread or task.
pub(crate) struct Here {
    span: Span,
    batch: Option<Batch>,
}

impl Here {
    pub(crate) fn capture() -> Self {
        Self {
            span: current().unwrap_or_else(Span::none),
            batch: batch(),
        }
    }

    /// Runs `work` on that thread or task, within those spans.
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(|| match &self.batch {
            Some(batch) => BATCH.sync_scope(batch.clone(), work),
            None => work(),
        })
    }
}

/// Marks `span` as failed. `kind` is a word from a fixed set.
pub(crate) fn fail(span: &Span, kind: &str) {
    span.record("error.type", kind);
    span.record("otel.status_code", "error");
}
