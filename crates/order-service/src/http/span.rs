//! A span of time in a query: `from` and `to`.

use kernel::{Invalid, Timestamp};
use platform_http::QueryParams;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::store::Span;

/// How a client writes the start or the end of a span.
pub(super) struct TimeOrDate;

impl PartialSchema for TimeOrDate {
    fn schema() -> RefOr<Schema> {
        let text = |format| {
            let text = ObjectBuilder::new().schema_type(Type::String);
            text.format(Some(SchemaFormat::KnownFormat(format)))
        };
        OneOfBuilder::new()
            .item(text(KnownFormat::DateTime))
            .item(text(KnownFormat::Date))
            .into()
    }
}

impl ToSchema for TimeOrDate {}

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
