//! Requests as spans: those that this process answers, and those that it sends to another service.

use kernel::OrderId;
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument as _, Span, info_span};

use crate::layer::TARGET;
use crate::otlp::{self, is_on};
use crate::spans::{self, fail};

/// Who decides at a port whether a request is traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The settings, because strangers reach the port. A client's trace continues, whether or not the client records it.
    Nobody,
    /// The caller, because only our own services reach the port. Exactly what they record is recorded.
    Caller,
}

/// A request that is being answered.
pub struct Answering(Span);

impl Answering {
    /// A request that belongs to no trace.
    #[must_use]
    pub fn untraced() -> Self {
        Self(Span::none())
    }

    /// Begins a span for a request of `method` for `path`, if it is traced. `route` is the pattern that `path` matches, and `id` is the
    /// request's id. `traceparent` returns the header of that name if there is exactly one.
    pub fn begin<'a>(
        trust: Trust,
        (method, route): (&'static str, &str),
        path: &str,
        id: &str,
        traceparent: impl FnOnce() -> Option<&'a str>,
    ) -> Self {
        if !is_on() {
            return Self::untraced();
        }
        let span = || {
            info_span!(
                target: TARGET, parent: None, "request",
                otel.name = format!("{method} {route}"), otel.kind = "server",
                // Clients can invent methods; OpenTelemetry defines one name for those.
                http.request.method = if method == "other" { "_OTHER" } else { method },
                http.route = route, url.scheme = "http",
                // Without the query, which may contain anything.
                url.path = path,
                marketplace.request.id = id, marketplace.order.id = Empty,
                http.response.status_code = Empty, error.type = Empty, otel.status_code = Empty,
            )
        };
        let span = match trust {
            Trust::Nobody => otlp::begin(traceparent(), span),
            Trust::Caller => traceparent().and_then(|parent| otlp::follow(parent, span)),
        };
        span.map_or_else(Self::untraced, Self)
    }

    /// Runs the work that answers the request within its span.
    pub fn scope<F: Future>(&self, work: F) -> Instrumented<F> {
        work.instrument(self.0.clone())
    }

    /// Ends the span of a request that was answered with `status`.
    pub fn end(self, status: u16) {
        answered(&self.0, status, 500);
    }
}

/// A request to another service.
pub struct Asking(Span);

impl Asking {
    /// Begins a span for a request of `method` to `peer` (host and port), if the current work is traced. `route` contains nothing that
    /// varies between requests. `order` is the order that it is about, if it is about one.
    #[must_use]
    pub fn begin(
        method: &'static str,
        peer: (&str, u16),
        route: &str,
        order: Option<OrderId>,
    ) -> Self {
        let parent = order.map_or_else(spans::current, spans::of);
        let span = parent.map(|parent| {
            info_span!(
                target: TARGET, parent: &parent, "ask",
                otel.name = format!("{method} {route}"), otel.kind = "client",
                http.request.method = method, url.template = route,
                server.address = peer.0, server.port = i64::from(peer.1),
                marketplace.order.id = order.map(tracing::field::display),
                http.response.status_code = Empty, error.type = Empty, otel.status_code = Empty,
            )
        });
        Self(span.unwrap_or_else(Span::none))
    }

    /// Value of the header `traceparent` to send, if any.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        otlp::traceparent(&self.0)
    }

    /// Ends the span of a request that was answered with `status`.
    pub fn answered(self, status: u16) {
        answered(&self.0, status, 400);
    }

    /// Ends the span of a request that got no answer. `kind` is a word for the reason, from a fixed set.
    pub fn failed(self, kind: &'static str) {
        fail(&self.0, kind);
    }
}

/// Records `status`. The span counts as failed from status `failure` on.
fn answered(span: &Span, status: u16, failure: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= failure {
        fail(span, &status.to_string());
    }
}
