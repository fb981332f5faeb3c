//! Requests as spans: those that are answered here, those that another service is asked, and calls that take the place of one where
//! both services are in one process.

use std::borrow::Cow;
use std::sync::Arc;

use kernel::OrderId;

use super::attribute::Kind;
use super::context::{Parent, TraceContext};
use super::origin::{self, Origin};
use super::span::{self, Span};

/// Whose word a port takes for what is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nobody's: strangers reach it. A client's trace goes on, but the settings say whether it is recorded.
    Nobody,
    /// Whoever asks: only our own services do. What they record is recorded, and nothing else.
    Caller,
}

/// A request that is being answered.
pub struct Answering {
    span: Option<Span>,
    origin: Option<Arc<Origin>>,
}

impl Answering {
    /// One that belongs to no trace.
    #[must_use]
    pub fn untraced() -> Self {
        Self {
            span: None,
            origin: None,
        }
    }

    /// Begins a span for a request of `method` for `path`, if it is traced. `id` is the request's. `traceparent` gives its header
    /// of that name, if it has exactly one.
    pub fn begin<'a>(
        trust: Trust,
        method: &'static str,
        path: &str,
        id: &str,
        traceparent: impl Fn() -> Option<&'a str>,
    ) -> Self {
        if !span::is_on() {
            return Self::untraced();
        }
        let span = match trust {
            Trust::Nobody => {
                let client = || Some(Parent::parse(traceparent()?)?.context);
                Span::begin(client, Kind::Server, method)
            }
            Trust::Caller => traceparent()
                .and_then(TraceContext::followed)
                .and_then(|parent| Span::child(parent, Kind::Server, method)),
        };
        let Some(mut span) = span else {
            return Self::untraced();
        };
        span.set("http.request.method", method_attribute(method));
        span.set("url.scheme", "http");
        // Without the query, in which a client may have put anything.
        span.set("url.path", path.to_owned());
        span.set("marketplace.request.id", id.to_owned());
        let origin = Origin::one(span.context());
        Self {
            span: Some(span),
            origin: Some(origin),
        }
    }

    /// What answering the request belongs to.
    pub fn scope<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        origin::scope(self.origin.clone(), work)
    }

    /// It was answered.
    pub fn end(self, route: &str, method: &'static str, status: u16) {
        let Some(mut span) = self.span else {
            return;
        };
        span.rename(format!("{method} {route}"));
        span.set("http.route", route.to_owned());
        span.set("http.response.status_code", status);
        if let Some(order) = self.origin.and_then(|origin| origin.noted_order()) {
            span.set_order(order);
        }
        if status >= 500 {
            span.fail(status.to_string());
        }
    }
}

/// A method as OpenTelemetry names it: of those that clients make up, only that it was one.
fn method_attribute(method: &'static str) -> &'static str {
    if method == "other" { "_OTHER" } else { method }
}

/// A request to another service, about an order. Nothing at all if it belongs to no trace.
pub struct Asking(Option<Span>);

impl Asking {
    /// Begins to ask `peer` (host and port) for `method` `route`, which holds nothing that differs from request to request.
    #[must_use]
    pub fn begin(method: &'static str, peer: (&str, u16), route: &str, order: OrderId) -> Self {
        let Some(parent) = origin::context_of(order) else {
            return Self(None);
        };
        let mut span = Span::child(parent, Kind::Client, format!("{method} {route}"));
        if let Some(span) = &mut span {
            span.set("http.request.method", method);
            span.set("url.template", route.to_owned());
            span.set("server.address", peer.0.to_owned());
            span.set("server.port", peer.1);
            span.set_order(order);
        }
        Self(span)
    }

    /// Value of the header `traceparent` to send, if any.
    #[must_use]
    pub fn traceparent(&self) -> Option<String> {
        self.0.as_ref().map(|span| span.context().to_string())
    }

    /// An answer came.
    pub fn answered(self, status: u16) {
        if let Some(mut span) = self.0 {
            span.set("http.response.status_code", status);
            if status >= 400 {
                span.fail(status.to_string());
            }
        }
    }

    /// No answer came: `kind` is a word for why, from a fixed set.
    pub fn failed(self, kind: &'static str) {
        if let Some(mut span) = self.0 {
            span.fail(kind);
        }
    }
}

/// Runs `work` for `order` as a span of its own, called `name`.
pub async fn within<F: Future>(
    name: impl Into<Cow<'static, str>>,
    order: OrderId,
    work: F,
) -> F::Output {
    let mut span =
        origin::context_of(order).and_then(|parent| Span::child(parent, Kind::Internal, name));
    if let Some(span) = &mut span {
        span.set_order(order);
    }
    let origin = span.as_ref().map(|span| Origin::one(span.context()));
    origin::scope(origin, work).await
}
