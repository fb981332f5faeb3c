//! Log lines with their context: the request id within a request, the trace and span ids within a trace.

use std::fmt;

use kernel::WrongSetting;
use serde::{Deserialize, Serialize};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::layer::{BoxedLayer, TARGET};
use crate::request_id::current_request_id;
use crate::{otlp, spans};

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Settings of the logs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// What to log, such as `info` or `warn,order_service=debug`.
    pub filter: String,
    /// The format of lines.
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

impl LogConfig {
    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is wrong with it.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        self.env_filter().map(drop)
    }

    /// The filter, without the spans of traces.
    fn env_filter(&self) -> Result<EnvFilter, WrongSetting> {
        EnvFilter::try_new(&self.filter)
            .and_then(|filter| Ok(filter.add_directive(format!("{TARGET}=off").parse()?)))
            .map_err(|error| {
                let reason = format!(
                    "it is {:?}, which cannot be understood: {error}",
                    self.filter
                );
                WrongSetting::new("log.filter", reason)
            })
    }
}

/// Writes log lines to `writer`. The spans of traces are not shown in them.
pub(crate) fn layer(
    config: &LogConfig,
    colours: bool,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> Result<BoxedLayer, String> {
    let filter = config.env_filter().map_err(|error| error.to_string())?;
    let lines = tracing_subscriber::fmt::layer()
        // Told on standard error, which is where lines fail to be written.
        .log_internal_errors(false)
        .with_ansi(colours)
        .with_writer(writer);
    let lines: BoxedLayer = match config.format {
        LogFormat::Text => lines
            .map_event_format(|inner| WithIds(inner.with_ansi(colours), LogFormat::Text))
            .boxed(),
        LogFormat::Json => lines
            .json()
            .map_event_format(|inner| WithIds(inner, LogFormat::Json))
            .boxed(),
    };
    Ok(lines.with_filter(filter).boxed())
}

/// Lines from the inner format with ids added: ` key=value` at the end of a text line, or fields of the JSON object.
struct WithIds<F>(F, LogFormat);

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let ids = ids(self.1);
        if ids.is_empty() {
            return self.0.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&with(&line, &ids, self.1))
    }
}

/// The ids of the current work. Request ids consist of a few harmless characters, so they need no escaping.
fn ids(format: LogFormat) -> String {
    let mut ids = Vec::new();
    let request = current_request_id();
    if !request.is_empty() {
        ids.push(("request_id", request));
    }
    if let [span] = spans::all().as_slice()
        && let Some(traceparent) = otlp::traceparent(span)
    {
        let parts = traceparent.split('-').skip(1).map(str::to_owned);
        ids.extend(["trace_id", "span_id"].into_iter().zip(parts));
    }
    let written = ids.iter().map(|(key, id)| match format {
        LogFormat::Text => format!(" {key}={id}"),
        LogFormat::Json => format!(",\"{key}\":\"{id}\""),
    });
    written.collect()
}

/// Inserts `ids` into `line` where the format expects them.
fn with(line: &str, ids: &str, format: LogFormat) -> String {
    let whole = line.trim_end_matches('\n');
    match (format, whole.strip_suffix('}')) {
        (LogFormat::Json, Some(open)) => format!("{open}{ids}}}\n"),
        (LogFormat::Json | LogFormat::Text, _) => format!("{whole}{ids}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_fields_of_an_object_and_the_end_of_a_text() {
        assert_eq!(
            with(
                "{\"level\":\"INFO\"}\n",
                ",\"request_id\":\"7\"",
                LogFormat::Json
            ),
            "{\"level\":\"INFO\",\"request_id\":\"7\"}\n"
        );
        assert_eq!(
            with("INFO ready {}\n", " request_id=7", LogFormat::Text),
            "INFO ready {} request_id=7\n"
        );
    }

    #[cfg(feature = "otlp")]
    #[tokio::test]
    async fn a_line_names_its_request_and_of_a_trace_that_is_recorded_trace_and_span() {
        use tracing_subscriber::layer::SubscriberExt as _;
        use tracing_subscriber::util::SubscriberInitExt as _;

        use crate::{Answering, RequestId, TelemetryConfig, Trust};

        let log = tempfile::NamedTempFile::new().unwrap();
        let config = LogConfig {
            format: LogFormat::Json,
            ..LogConfig::default()
        };
        let traced = TelemetryConfig {
            otlp_endpoint: Some("http://127.0.0.1:1".to_owned().into()),
            sample_ratio: 1.0,
        };
        let lines = layer(&config, false, log.reopen().unwrap()).unwrap();
        let (_traces, spans) = otlp::start(&traced, "test").unwrap();
        // Install the global subscriber: a scoped one has no current span while it writes a line.
        tracing_subscriber::Registry::default()
            .with(vec![spans.unwrap(), lines])
            .init();
        let trace = "0af7651916cd43dd8448eb211c80319c";
        for (trust, flags) in [
            (Trust::Caller, "01"),
            (Trust::Nobody, "00"),
            (Trust::Caller, "00"),
        ] {
            let traceparent = format!("00-{trace}-b7ad6b7169203331-{flags}");
            let answering =
                Answering::begin(trust, ("GET", "/"), "/", "r-1", || Some(&traceparent));
            RequestId::new("r-1".to_owned())
                .scope(answering.scope(async { tracing::info!(stock = 3, "within") }))
                .await;
        }
        tracing::info!("outside");
        let text = std::fs::read_to_string(log.path()).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [followed, begun, untraced, outside] = lines.as_slice() else {
            panic!("{text}");
        };
        for line in [followed, begun] {
            assert_eq!(line["fields"]["stock"], 3, "{line}");
            assert_eq!(line["request_id"], "r-1", "{line}");
            assert_eq!(line["trace_id"], trace, "{line}");
            assert_eq!(line["span_id"].as_str().unwrap().len(), 16, "{line}");
            assert_eq!(line.get("span"), None, "{line}");
        }
        assert_eq!(untraced["request_id"], "r-1", "{untraced}");
        assert_eq!(outside.get("request_id"), None, "{outside}");
        for line in [untraced, outside] {
            assert_eq!(line.get("trace_id"), None, "{line}");
        }
    }
}
