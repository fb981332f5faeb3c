//! Log lines that say what they belong to: within a request its id, within a trace the ids of trace and span.

use std::fmt::{self, Write as _};

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::origin;
use super::request_id::current_request_id;

/// How the ids are added to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// ` key=value` at its end.
    Text,
    /// As fields of the object that it is.
    Json,
}

/// Lines as `inner` writes them, with ids.
pub(super) struct WithIds<F> {
    pub(super) inner: F,
    pub(super) style: Style,
}

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
        let ids = ids(self.style);
        if ids.is_empty() {
            return self.inner.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.inner
            .format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&with(&line, &ids, self.style))
    }
}

/// What is known of the work at hand. Request ids are made of a few harmless characters, so they need no escapes.
fn ids(style: Style) -> String {
    let mut ids = String::new();
    let mut add = |key: &str, value: fmt::Arguments<'_>| {
        let _ = match style {
            Style::Text => write!(ids, " {key}={value}"),
            Style::Json => write!(ids, ",\"{key}\":\"{value}\""),
        };
    };
    let request = current_request_id();
    if !request.is_empty() {
        add("request_id", format_args!("{request}"));
    }
    if let Some(context) = origin::only() {
        add("trace_id", format_args!("{:032x}", context.trace));
        add("span_id", format_args!("{:016x}", context.span));
    }
    ids
}

/// `line` with `ids` where they belong.
fn with(line: &str, ids: &str, style: Style) -> String {
    let whole = line.trim_end_matches('\n');
    match (style, whole.strip_suffix('}')) {
        (Style::Json, Some(open)) => format!("{open}{ids}}}\n"),
        (Style::Json | Style::Text, _) => format!("{whole}{ids}\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::super::context::TraceContext;
    use super::super::origin::Origin;
    use super::super::request_id::RequestId;
    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_line_within_a_traced_request_names_both_and_one_outside_neither() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .map_event_format(|inner| WithIds {
                inner,
                style: Style::Json,
            })
            .finish();
        let _logging = tracing::subscriber::set_default(subscriber);
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let origin = Origin::one(TraceContext::followed(text).unwrap());
        let request = async { tracing::info!(stock = 3, "within") };
        RequestId::new("r-1".to_owned())
            .scope(origin::scope(Some(origin), request))
            .await;
        tracing::info!("outside");
        let log = log.0.lock().unwrap();
        let mut lines = std::str::from_utf8(&log)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let within = lines.next().unwrap();
        assert_eq!(within["fields"]["stock"], 3, "{within}");
        assert_eq!(within["request_id"], "r-1", "{within}");
        assert_eq!(within["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(within["span_id"], "b7ad6b7169203331");
        let outside = lines.next().unwrap();
        assert_eq!(outside["fields"]["message"], "outside");
        for key in ["request_id", "trace_id", "span_id"] {
            assert_eq!(outside.get(key), None, "{outside}");
        }
    }

    #[test]
    fn ids_become_fields_of_an_object_and_the_end_of_a_text() {
        assert_eq!(
            with(
                "{\"level\":\"INFO\"}\n",
                ",\"request_id\":\"7\"",
                Style::Json
            ),
            "{\"level\":\"INFO\",\"request_id\":\"7\"}\n"
        );
        assert_eq!(
            with("INFO ready {}\n", " request_id=7", Style::Text),
            "INFO ready {} request_id=7\n"
        );
    }
}
