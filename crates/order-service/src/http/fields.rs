//! Fields of requests about orders, checked when they are read.

use std::str::FromStr as _;

use actix_web::http::Uri;
use deserr::Deserr;
use kernel::{Invalid, LineId, Quantity, one_line, paragraphs};
use platform_http::{Faults, FieldError, Problem, read_by_rule};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{DisputeReason, Items, Outcome, ReturnReason};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $rule:ident $min:literal..=$max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name(String);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                kernel::text_schema::$rule($min, $max)
            }
        }

        impl ToSchema for $name {}

        impl $name {
            fn parse(raw: &str) -> Result<Self, Invalid> {
                $rule(raw, $min, $max).map(Self)
            }

            /// The text.
            pub(crate) fn into_string(self) -> String {
                self.0
            }
        }

        read_by_rule! {
            $name: String => |raw| Self::parse(&raw);
        }
    )+};
}

texts! {
    /// Why something is cancelled or refunded, 1 to 200 characters.
    Why, one_line 1..=200;
    /// What somebody says about it, 1 to 2 000 characters.
    Comment, paragraphs 1..=2_000;
    /// Who carries a package, 1 to 100 characters.
    Carrier, one_line 1..=100;
    /// A carrier's number for a package, 1 to 100 characters.
    TrackingNumber, one_line 1..=100;
}

/// Where a package can be followed: an `http` or `https` URL of at most 2 000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackingUrl(String);

impl PartialSchema for TrackingUrl {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uri".to_owned())))
            .max_length(Some(Self::MAX))
            .pattern(Some("^[Hh][Tt][Tt][Pp][Ss]?://"))
            .examples(["https://example.com/track/1Z999AA10123456784"])
            .into()
    }
}

impl ToSchema for TrackingUrl {}

read_by_rule! {
    TrackingUrl: String => |raw| Self::parse(&raw);
}

impl TrackingUrl {
    const MAX: usize = 2_000;

    /// Nobody can log in with it, and no reader takes part of it for another host.
    fn parse(raw: &str) -> Result<Self, Invalid> {
        let text = one_line(raw, 1, Self::MAX)?;
        let is_sane = Uri::from_str(&text).is_ok_and(|url| {
            let is_web = matches!(url.scheme_str(), Some("http" | "https"));
            let has_user = url.authority().is_some_and(|of| of.as_str().contains('@'));
            is_web && !has_user && url.host().is_some_and(|host| !host.is_empty())
        });
        let of_urls =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
        if is_sane && text.bytes().all(of_urls) {
            return Ok(Self(text));
        }
        let detail = "must be an http:// or https:// URL with a host and without a user";
        Err(Invalid::new("invalid_url", detail))
    }

    /// The text.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// One of the words of an enum.
fn word<T: Copy, const N: usize>(
    raw: &str,
    all: [T; N],
    word: fn(T) -> &'static str,
) -> Result<T, Invalid> {
    let mut known = all.into_iter();
    known.find(|one| word(*one) == raw).ok_or_else(|| {
        let words = all.map(word).join(", ");
        Invalid::new("unknown_value", format!("must be one of {words}"))
    })
}

read_by_rule! {
    ReturnReason: String => |raw| word(&raw, Self::ALL, Self::as_str);
    DisputeReason: String => |raw| word(&raw, Self::ALL, Self::as_str);
    Outcome: String => |raw| word(&raw, Self::ALL, Self::as_str);
}

/// Items of a line of the order.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ItemRequest {
    /// The line.
    line_id: LineId,
    /// How many.
    quantity: Quantity,
}

/// Most entries of a list of items: as many as an order can have lines.
const MAX_ITEMS: usize = 100;

/// The items of a request, at `/items`.
pub(super) fn items(items: Vec<ItemRequest>) -> Result<Items, Problem> {
    listed(items, |item| (item.line_id, item.quantity))
}

/// The entries of the list at `/items`, each read by `read`.
pub(super) fn listed<T, U>(items: Vec<T>, read: impl FnMut(T) -> U) -> Result<Vec<U>, Problem> {
    let invalid = match items.len() {
        0 => Invalid::new("too_short", "must have at least one entry"),
        1..=MAX_ITEMS => return Ok(items.into_iter().map(read).collect()),
        _ => Invalid::new("too_long", format!("must have at most {MAX_ITEMS} entries")),
    };
    Err(Problem::validation(vec![FieldError::new(
        "/items", invalid,
    )]))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://example.com/track?n=1Z%20&lang=en#now", true)]
    #[case(" http://127.0.0.1:8080/1 ", true)]
    #[case("HTTPS://EXAMPLE.COM", true)]
    #[case("https://[::1]/x", true)]
    #[case("javascript:alert(1)", false)]
    #[case("data:text/html,x", false)]
    #[case("ftp://example.com/1", false)]
    #[case("//example.com/1", false)]
    #[case("/track/1", false)]
    #[case("example.com/1", false)]
    #[case("https://", false)]
    #[case("https:///path", false)]
    #[case("https://carrier.example@evil.example/1", false)]
    #[case("https://example.com/a b", false)]
    #[case("https://example.com/\"onclick", false)]
    #[case("https://example.com/<script>", false)]
    #[case("https://example.com/\u{202E}", false)]
    #[case("https://exa\nmple.com/", false)]
    fn a_tracking_url_is_one_of_the_web(#[case] raw: &str, #[case] good: bool) {
        assert_eq!(TrackingUrl::parse(raw).is_ok(), good, "{raw}");
    }

    #[test]
    fn a_tracking_url_is_bounded() {
        let of = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert!(TrackingUrl::parse(&of(2_000)).is_ok());
        assert_eq!(TrackingUrl::parse(&of(2_001)).unwrap_err().code, "too_long");
    }
}
