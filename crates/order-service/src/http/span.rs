//! A span of time in a query: `from` and `to`.

use kernel::{Invalid, Timestamp};
use platform_http::QueryParams;

use crate::store::Span;

/// Reads `from` and `to`.
pub(super) fn span(params: &mut QueryParams) -> Option<Span> {
    let from = params.optional("from", Timestamp::parse_since);
    let to = params.optional("to", Timestamp::parse_until);
    let span = Span {
        from: from?,
        to: to?,
    };
    if let (Some(from), Some(to)) = (span.from, span.to)
        && to <= from
    {
        let invalid = Invalid::new("out_of_range", "must be later than from");
        params.refuse("to", invalid);
    }
    Some(span)
}

/// The span as text, for the scope of a cursor.
pub(super) fn text(span: Span) -> String {
    let [from, to] = [span.from, span.to]
        .map(|time| time.map_or_else(String::new, |time| time.as_millis().to_string()));
    format!("{from}|{to}")
}
