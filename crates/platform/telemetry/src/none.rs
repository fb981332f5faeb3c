//! Stands in for `otlp` in a build without that feature: no span is ever recorded.

use std::borrow::Cow;

use kernel::IdSource;

use super::attribute::{Kind, Value};
use super::config::TelemetryConfig;
use super::context::TraceContext;

use crate::metrics::Metrics;

pub(super) fn is_on() -> bool {
    false
}

pub(super) fn is_chosen() -> bool {
    false
}

/// There is none.
pub(super) enum Recorded {}

impl Recorded {
    pub(super) fn start(
        _parent: Option<TraceContext>,
        _kind: Kind,
        _name: Cow<'static, str>,
    ) -> Option<Self> {
        None
    }

    pub(super) fn context(&self) -> TraceContext {
        match *self {}
    }

    pub(super) fn rename(&mut self, _name: String) {
        match *self {}
    }

    pub(super) fn set(&mut self, _key: &'static str, _value: Value) {
        match *self {}
    }

    pub(super) fn fail(&mut self) {
        match *self {}
    }
}

/// Traces that are not sent.
pub struct Traces(());

/// Says that this build cannot send traces, if the settings ask for them.
///
/// # Errors
/// A sentence that says what to build.
pub fn start(
    config: &TelemetryConfig,
    _service: &'static str,
    _ids: &dyn IdSource,
    _metrics: &Metrics,
) -> Result<Traces, String> {
    match config.traces_url()? {
        None => Ok(Traces(())),
        Some(_) => Err(
            "telemetry.otlp_endpoint is set, but this build cannot send traces: it was compiled without the feature `otlp` (build \
             it with `cargo build -p marketplace --features otlp`, or leave the setting out)"
                .to_owned(),
        ),
    }
}

impl Traces {
    /// Nothing is left to send.
    #[expect(
        clippy::unused_async,
        reason = "it is awaited where there is something"
    )]
    pub async fn stop(self) {}
}
