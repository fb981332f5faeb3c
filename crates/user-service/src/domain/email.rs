//! Email addresses in the common form `local@host.domain` (RFC 5321 section 4.1.2 without quoted strings and address literals).
//! A domain may be internationalised: it is compared in its ASCII form (UTS #46). Only sending mail can show whether the address receives
//! it.

use std::borrow::Cow;
use std::fmt;

use kernel::{Invalid, one_line};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A valid address. Addresses that differ only in case, or in how an internationalised domain is written, are equal; the original spelling
/// is kept for display.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    shown: String,
    key: String,
}

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let email = text.format(Some(SchemaFormat::Custom("idn-email".to_owned())));
        email.max_length(Some(Self::MAX)).into()
    }
}

impl ToSchema for Email {}

impl Email {
    /// Maximum length in characters (RFC 5321 section 4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// Parses an address, without the space around it.
    ///
    /// # Errors
    /// As [`kernel::one_line`], or `invalid_email`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let shown = one_line(raw, 1, Self::MAX)?;
        let key = shown.rsplit_once('@').and_then(|(local, domain)| {
            let domain = ascii(domain)?;
            let key = format!("{local}@{domain}").to_ascii_lowercase();
            let valid = is_local_part(local) && is_domain(&domain) && key.len() <= Self::MAX;
            valid.then_some(key)
        });
        let invalid = || {
            let detail = "must be an address such as someone@example.com";
            Invalid::new("invalid_email", detail)
        };
        Ok(Self {
            key: key.ok_or_else(invalid)?,
            shown,
        })
    }

    /// The address as entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The address as mail servers know it: the local part as entered, the domain in ASCII.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let local = self.shown.rsplit_once('@').map_or("", |(local, _)| local);
        let domain = self.key.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!("{local}@{domain}")
    }

    /// The address in the form used for comparison.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.shown
    }
}

/// The domain in ASCII; None if it cannot be written so.
fn ascii(domain: &str) -> Option<Cow<'_, str>> {
    if domain.is_ascii() {
        return Some(Cow::Borrowed(domain));
    }
    idna::domain_to_ascii_strict(domain).ok().map(Cow::Owned)
}

/// A dot-string of at most 64 characters.
fn is_local_part(local: &str) -> bool {
    local.len() <= 64
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

/// At least two labels (RFC 1123 section 2.1), the last of which is not a number.
fn is_domain(domain: &str) -> bool {
    let last_is_a_name = domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| !last.bytes().all(|b| b.is_ascii_digit()));
    last_is_a_name && domain.len() <= 253 && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("a@b.co")]
    #[case("Ada.Lovelace@Example.COM")]
    #[case("ada+shop@mail.example.museum")]
    #[case("o'neill@example.ie")]
    #[case("_@xn--mnchen-3ya.de")]
    #[case("1@3com.com")]
    #[case(&format!("{}@{}.example.com", "l".repeat(64), "d".repeat(63)))]
    fn usual_addresses_are_taken_as_they_are(#[case] raw: &str) {
        assert_eq!(Email::parse(raw).unwrap().as_str(), raw);
    }

    #[rstest]
    #[case("@")]
    #[case("ada")]
    #[case("ada@")]
    #[case("@example.com")]
    #[case("ada@localhost")]
    #[case("ada@@example.com")]
    #[case("a@b@example.com")]
    #[case(".ada@example.com")]
    #[case("ada.@example.com")]
    #[case("a..b@example.com")]
    #[case("ada@example..com")]
    #[case("ada@.example.com")]
    #[case("ada@example.com.")]
    #[case("ada@-example.com")]
    #[case("ada@example-.com")]
    #[case("ada@exam_ple.com")]
    #[case("ada@127.0.0.1")]
    #[case("ada@[127.0.0.1]")]
    #[case("\"ada l\"@example.com")]
    #[case("ada l@example.com")]
    #[case("äda@example.com")]
    #[case("ada@exä mple.com")]
    #[case("ada@ex\u{AD}.")]
    #[case("ada@münchen")]
    #[case("ada@-münchen.de")]
    #[case("ada@mün_chen.de")]
    #[case("ada@a\u{200D}ä.de")]
    #[case("ada@\u{5D0}a.de")]
    #[case(&format!("ada@{}.de", "ü".repeat(60)))]
    #[case("Ada <ada@example.com>")]
    #[case("a@example.com,b@example.com")]
    #[case(&format!("{}@example.com", "l".repeat(65)))]
    #[case(&format!("ada@{}.com", "d".repeat(64)))]
    fn what_is_no_address_is_refused(#[case] raw: &str) {
        assert_eq!(Email::parse(raw).unwrap_err().code, "invalid_email");
    }

    #[rstest]
    #[case("", "too_short")]
    #[case(" \u{200B}", "too_short")]
    #[case("ada\0@example.com", "invalid_character")]
    #[case("ada@example.com\r\nBcc: eve@example.com", "invalid_character")]
    #[case("ada@\u{202E}example.com", "invalid_character")]
    fn an_address_is_one_line_of_text(#[case] raw: &str, #[case] code: &str) {
        assert_eq!(Email::parse(raw).unwrap_err().code, code);
    }

    #[test]
    fn the_space_around_an_address_is_taken_away() {
        for raw in [
            " ada@example.com",
            "ada@example.com\n",
            "\u{FEFF}ada@example.com\t",
        ] {
            assert_eq!(Email::parse(raw).unwrap().as_str(), "ada@example.com");
        }
    }

    #[rstest]
    #[case("ada@münchen.de", "ada@xn--mnchen-3ya.de")]
    #[case("ADA@MÜNCHEN.DE", "ada@xn--mnchen-3ya.de")]
    #[case("ada@mu\u{308}nchen.de", "ada@xn--mnchen-3ya.de")]
    #[case("Ada@XN--MNCHEN-3YA.de", "ada@xn--mnchen-3ya.de")]
    #[case("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah")]
    #[case("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah")]
    fn an_internationalised_domain_is_compared_in_ascii_and_shown_as_it_was_written(
        #[case] raw: &str,
        #[case] key: &str,
    ) {
        let email = Email::parse(raw).unwrap();
        assert_eq!((email.as_str(), email.key()), (raw, key));
        assert_eq!(email, Email::parse(key).unwrap());
    }

    #[test]
    fn an_address_has_at_most_254_characters() {
        let of_length = |length: usize| {
            let domain = format!(
                "{}.{}.{}.com",
                "a".repeat(63),
                "b".repeat(63),
                "c".repeat(57)
            );
            format!("{}@{domain}", "l".repeat(length - domain.len() - 1))
        };
        assert!(Email::parse(&of_length(254)).is_ok());
        let refused = Email::parse(&of_length(255)).unwrap_err();
        assert_eq!(refused.code, "too_long");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_it_takes_it_takes_again(raw in "\\PC{0,60}") {
            if let Ok(email) = Email::parse(&raw) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email);
            }
        }

        #[test]
        fn case_does_not_tell_addresses_apart(raw in "[a-zA-Z0-9]{1,10}(\\.[a-zA-Z]{1,5})?@[a-zA-Z]{1,10}\\.[a-zA-Z]{2,4}") {
            let email = Email::parse(&raw).unwrap();
            prop_assert_eq!(&Email::parse(&raw.to_uppercase()).unwrap(), &email);
            prop_assert_eq!(email.as_str(), raw);
        }
    }
}
