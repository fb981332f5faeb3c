//! How a query names the start or the end of a time: for the API document. The parsers are in the kernel, with
//! [`Timestamp::parse_since`](kernel::Timestamp::parse_since).

use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An RFC 3339 time or a date.
#[derive(Debug)]
pub struct TimeOrDate;

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
