//! Logs: structured events to standard error, as text for people or JSON for machines. Traces: spans of what one request causes,
//! over every service and message, to an OTLP collector (OpenTelemetry, W3C Trace Context).
//!
//! A trace begins where a request comes in or an order acts by time, if the settings choose it, and is followed from there: over HTTP and in messages by the
//! header `traceparent`, within a process by `origin`. What is not chosen carries nothing, so it costs nothing further on. Spans are
//! made in here only, by the file that knows the subject (`requests`, `messages`, `sweeps`, `commit`); the rest of the code says where they begin
//! and end.

mod attribute;
mod commit;
mod config;
mod context;
mod lines;
mod messages;
pub mod metrics;
#[cfg(not(feature = "otlp"))]
mod none;
mod origin;
#[cfg(feature = "otlp")]
mod otlp;
mod request_id;
mod requests;
mod span;
mod sweeps;
#[cfg(feature = "testing")]
pub mod testing;

pub use commit::{Carried, Commit, Database, committing};
pub use config::TelemetryConfig;
pub use messages::{Handled, Handling, Sending};
#[cfg(not(feature = "otlp"))]
pub use none::{Traces, start as start_traces};
pub use origin::{Entered, about, note_order, traceparent};
#[cfg(feature = "otlp")]
pub use otlp::{Traces, start as start_traces};
pub use request_id::{RequestId, current_request_id};
pub use requests::{Answering, Asking, Trust, within};
pub use sweeps::sweeping;

use std::io::IsTerminal as _;

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use lines::{Style, WithIds};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings of the logs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// What to log, such as `info` or `warn,order_service=debug`.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "info,actix_server=warn".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// Starts logging. The first call in a process wins: tests start many services in one.
///
/// # Errors
/// A sentence about the filter if it cannot be understood.
pub fn start(config: &LogConfig) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        format!(
            "log.filter {:?} cannot be understood: {error}",
            config.filter
        )
    })?;
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => builder
            .map_event_format(|lines| WithIds {
                inner: lines.with_ansi(colours),
                style: Style::Text,
            })
            .try_init(),
        LogFormat::Json => builder
            .json()
            .map_event_format(|inner| WithIds {
                inner,
                style: Style::Json,
            })
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(())
}
