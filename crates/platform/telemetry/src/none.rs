//! Replaces `otlp` in a build without that feature. No span is ever recorded, and the compiler can rely on it.

use tracing::Span;

use crate::config::TelemetryConfig;
use crate::layer::BoxedLayer;
use crate::metrics::Metrics;

pub(crate) const fn is_on() -> bool {
    false
}

pub(crate) fn begin(_: Option<&str>, _: impl FnOnce() -> Span) -> Option<Span> {
    None
}

pub(crate) fn follow(_: &str, _: impl FnOnce() -> Span) -> Option<Span> {
    None
}

pub(crate) fn traceparent(_: &Span) -> Option<String> {
    None
}

/// Traces that are not sent.
pub struct Traces(());

/// Reports that this build cannot send traces, if the settings ask for them.
pub(crate) fn start(
    config: &TelemetryConfig,
    _: &'static str,
) -> Result<(Traces, Option<BoxedLayer>), String> {
    config.validate().map_err(|error| error.to_string())?;
    Ok((Traces(()), None))
}

impl Traces {
    /// Does nothing: there are no spans to count.
    pub(crate) fn count_in(&self, _: &Metrics) {}

    /// Does nothing: there are no spans to send.
    #[expect(clippy::unused_async, reason = "the other build waits here")]
    pub async fn stop(self) {}
}
