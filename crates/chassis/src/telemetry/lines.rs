//! Log lines that say what they belong to: within a request its id, within a trace the ids of trace and span.

use std::fmt::{self, Write as _};

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::origin;
use crate::http::current_request_id;

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
    use super::*;

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
