//! Logs: structured events to standard error, as text for people or JSON for machines. Traces: spans of what one request causes,
//! over every service and message, to an OTLP collector (OpenTelemetry, W3C Trace Context).
//!
//! Spans are ordinary `tracing` spans, which `tracing-opentelemetry` exports. A trace begins when a request arrives or a timer acts on an
//! order, if it is sampled. The header `traceparent` carries it over HTTP and in messages. Within a process the current span carries it,
//! or in a batch the order (see `spans`). Work that is not sampled has no span, so it costs nothing further on. Spans are created in this
//! crate only, in the file of their subject (`requests`, `messages`, `orders`, `commit`), so that no span is exported unintentionally.

mod commit;
mod config;
mod layer;
mod logs;
mod messages;
pub mod metrics;
mod orders;
#[cfg_attr(not(feature = "otlp"), path = "none.rs")]
mod otlp;
mod request_id;
mod requests;
mod security;
mod sink;
mod spans;
#[cfg(feature = "testing")]
pub mod testing;

pub use commit::{Commit, Database, committing};
pub use config::TelemetryConfig;
pub use logs::{LogConfig, LogFormat};
pub use messages::MessageSpans;
pub use orders::{note_order, sweeping, traceparent, within};
pub use otlp::Traces;
pub use request_id::{RequestId, current_request_id};
pub use requests::{Answering, Asking, Trust};
pub use security::{SecurityEvent, TARGET as SECURITY_TARGET, security};
pub use sink::flush as flush_logs;

use std::io::IsTerminal as _;

use metrics::Metrics;
use sink::Sink;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logs, and traces if the settings enable them, and counts in `metrics` what is lost of both. The first call in a process wins,
/// because tests start many services in one. Must be called on a tokio runtime.
///
/// # Errors
/// A sentence about the invalid setting.
pub fn start(
    log: &LogConfig,
    telemetry: &TelemetryConfig,
    service: &'static str,
    metrics: &Metrics,
) -> Result<Traces, String> {
    let (traces, spans) = otlp::start(telemetry, service)?;
    let colours = std::io::stderr().is_terminal();
    let sink = Sink::to_stderr().map_err(|error| format!("the log cannot be written: {error}"))?;
    let mut layers = vec![logs::layer(log, colours, sink.clone())?];
    layers.extend(spans);
    if Registry::default().with(layers).try_init().is_err() {
        tracing::debug!("logging was started before");
    } else {
        sink::started(sink.clone());
    }
    metrics.register(
        "log_lines_lost",
        "Log lines that could not be written, because the disk was full, nobody read them or the reader was gone",
        sink.lost(),
    );
    traces.count_in(metrics);
    Ok(traces)
}
