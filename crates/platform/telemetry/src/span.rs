//! One span of a trace that is recorded. In a build without the feature `otlp` there are none, and the compiler knows.

use std::borrow::Cow;
use std::fmt;

use kernel::{MessageId, OrderId};

use super::attribute::{Kind, Value};
use super::context::TraceContext;
#[cfg(not(feature = "otlp"))]
use super::none as backend;
#[cfg(feature = "otlp")]
use super::otlp as backend;

/// Whether spans are recorded in this process. Asked before anything is made for a trace.
pub(super) fn is_on() -> bool {
    backend::is_on()
}

/// A span. It ends when it is dropped.
pub(super) struct Span(backend::Recorded);

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Span({})", self.context())
    }
}

impl Span {
    /// Begins what may be a trace: one request of so many, by the settings. `client` is where the client says it stands; its trace
    /// goes on here, but whether it is recorded is decided here and not by the client.
    pub(super) fn begin(
        client: impl FnOnce() -> Option<TraceContext>,
        kind: Kind,
        name: &'static str,
    ) -> Option<Self> {
        if !backend::is_chosen() {
            return None;
        }
        backend::Recorded::start(client(), kind, name.into()).map(Self)
    }

    /// Begins a part of what is recorded.
    pub(super) fn child(
        parent: TraceContext,
        kind: Kind,
        name: impl Into<Cow<'static, str>>,
    ) -> Option<Self> {
        backend::Recorded::start(Some(parent), kind, name.into()).map(Self)
    }

    /// Its place in its trace.
    pub(super) fn context(&self) -> TraceContext {
        self.0.context()
    }

    pub(super) fn rename(&mut self, name: String) {
        self.0.rename(name);
    }

    pub(super) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.set(key, value.into());
    }

    pub(super) fn set_order(&mut self, order: OrderId) {
        self.set("marketplace.order.id", order.to_string());
    }

    pub(super) fn set_message(&mut self, message: MessageId) {
        self.set("messaging.message.id", message.to_string());
    }

    /// Says that it came to nothing, and by what kind of failure: a word from a fixed set.
    pub(super) fn fail(&mut self, kind: impl Into<Value>) {
        self.set("error.type", kind);
        self.0.fail();
    }
}
