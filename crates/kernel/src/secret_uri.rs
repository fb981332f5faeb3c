//! A URI that may hold secrets: of a database, a broker or a collector. It prints without them.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// What a secret prints as.
const HIDDEN: &str = "***";

/// Options of MongoDB and AMQP URIs whose values are no secrets. Every other value is hidden: a driver may add an option any day.
const HARMLESS: [&str; 36] = [
    "appname",
    "auth_mechanism",
    "authmechanism",
    "authsource",
    "channel_max",
    "compressors",
    "connection_timeout",
    "connecttimeoutms",
    "directconnection",
    "frame_max",
    "heartbeat",
    "heartbeatfrequencyms",
    "journal",
    "loadbalanced",
    "localthresholdms",
    "maxconnecting",
    "maxidletimems",
    "maxpoolsize",
    "maxstalenessseconds",
    "minpoolsize",
    "readconcernlevel",
    "readpreference",
    "replicaset",
    "retryreads",
    "retrywrites",
    "serverselectiontimeoutms",
    "sockettimeoutms",
    "srvmaxhosts",
    "srvservicename",
    "ssl",
    "tls",
    "tlscafile",
    "uuidrepresentation",
    "w",
    "waitqueuetimeoutms",
    "wtimeoutms",
];

/// A URI that may hold secrets. It prints and serialises without them: the user name, the hosts, the path and harmless options are shown.
/// What cannot be told from a secret is hidden, so a mistyped URI prints less.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct SecretUri(SecretString);

impl SecretUri {
    /// The complete URI.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The complete URI as a secret.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        self.0.clone()
    }

    /// The text before `://`. None if there is none, or it cannot be a scheme (RFC 3986 section 3.1).
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        scheme_of(self.expose())
    }

    /// The user name in it, percent-encoded, if there is one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        let account = self.account()?;
        Some(account.split_once(':').map_or(account, |(user, _)| user))
    }

    /// Whether it has a user name and a password.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        let named = |(user, password): (&str, &str)| !user.is_empty() && !password.is_empty();
        self.account()
            .and_then(|account| account.split_once(':'))
            .is_some_and(named)
    }

    fn account(&self) -> Option<&str> {
        let (_, rest) = self.expose().split_once("://")?;
        rest.rsplit_once('@').map(|(account, _)| account)
    }

    /// `text`, such as a driver's message about this URI, with each of the URI's secrets hidden, however they are written.
    #[must_use]
    pub fn hide_in(&self, text: &str) -> String {
        let mut secrets: Vec<Cow<'_, str>> = Vec::new();
        for part in parts(self.expose()) {
            if let Part::Secret(secret) = part
                && !secret.is_empty()
            {
                secrets.push(percent_decode_str(secret).decode_utf8_lossy());
                secrets.push(secret.into());
            }
        }
        let escaped: Vec<Cow<'_, str>> = secrets
            .iter()
            .map(|secret| secret.escape_debug().to_string().into())
            .collect();
        secrets.extend(escaped);
        // The longest first: one secret may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_ref(), HIDDEN)
        })
    }
}

impl From<String> for SecretUri {
    fn from(uri: String) -> Self {
        Self(SecretString::from(uri))
    }
}

impl PartialEq for SecretUri {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for SecretUri {}

impl fmt::Display for SecretUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parts(self.expose())
            .into_iter()
            .try_for_each(|part| match part {
                Part::Plain(text) => f.write_str(text),
                Part::Secret(_) => f.write_str(HIDDEN),
            })
    }
}

impl fmt::Debug for SecretUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for SecretUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A piece of a URI.
enum Part<'a> {
    Plain(&'a str),
    Secret(&'a str),
}

fn scheme_of(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once("://")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(fits))
        .then_some(scheme)
}

/// The pieces of `uri`, in order.
fn parts(uri: &str) -> Vec<Part<'_>> {
    if uri.is_empty() {
        return Vec::new();
    }
    let Some(scheme) = scheme_of(uri) else {
        return vec![Part::Secret(uri)];
    };
    let (start, rest) = uri.split_at((scheme.len() + "://".len()).min(uri.len()));
    let mut parts = vec![Part::Plain(start)];
    // The last @ ends the account, even behind a slash: a password is often written without its percent-encoding.
    let (account, place) = match rest.rsplit_once('@') {
        Some((account, place)) => (Some(account), place),
        None => (None, rest),
    };
    match account.map(|account| (account, account.split_once(':'))) {
        Some((_, Some((user, password)))) if !user.contains(['/', '?', '#']) => parts.extend([
            Part::Plain(user),
            Part::Plain(":"),
            Part::Secret(password),
            Part::Plain("@"),
        ]),
        // A name alone may be a token.
        Some((account, _)) => parts.extend([Part::Secret(account), Part::Plain("@")]),
        None => {}
    }
    let (place, fragment) = cut(place, '#');
    let (place, query) = cut(place, '?');
    let (hosts, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    for (number, host) in hosts.split(',').enumerate() {
        if number > 0 {
            parts.push(Part::Plain(","));
        }
        match host.rsplit_once(':') {
            // No port: perhaps an account whose @ was forgotten.
            Some((host, port))
                if !host.starts_with('[') && !port.bytes().all(|b| b.is_ascii_digit()) =>
            {
                parts.extend([Part::Plain(host), Part::Plain(":"), Part::Secret(port)]);
            }
            Some(_) | None => parts.push(Part::Plain(host)),
        }
    }
    parts.push(Part::Plain(path));
    if let Some(query) = query {
        options(query, &mut parts);
    }
    if let Some(fragment) = fragment {
        parts.extend([Part::Plain("#"), Part::Secret(fragment)]);
    }
    parts
}

/// The options `a=1&b=2`, with their question mark.
fn options<'a>(query: &'a str, parts: &mut Vec<Part<'a>>) {
    for (number, option) in query.split('&').enumerate() {
        parts.push(Part::Plain(if number == 0 { "?" } else { "&" }));
        match option.split_once('=') {
            Some((name, value)) => {
                let harmless = HARMLESS.contains(&name.to_ascii_lowercase().as_str());
                parts.extend([Part::Plain(name), Part::Plain("=")]);
                parts.push(if harmless {
                    Part::Plain(value)
                } else {
                    Part::Secret(value)
                });
            }
            None if option.is_empty() => {}
            None => parts.push(Part::Secret(option)),
        }
    }
}

/// The text before the first `mark`, and the text behind it.
fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uri(text: &str) -> SecretUri {
        text.to_owned().into()
    }

    #[test]
    fn an_account_is_a_name_and_perhaps_a_password() {
        for (uri, user, has_credentials) in [
            ("amqp://guest:guest@h:5672/%2f", Some("guest"), true),
            ("amqp://shop@h/", Some("shop"), false),
            ("amqp://shop:@h/", Some("shop"), false),
            ("mongodb://h/?replicaSet=rs0", None, false),
            ("mongodb://u:p@a,b/", Some("u"), true),
        ] {
            let uri = SecretUri::from(uri.to_owned());
            let found = (uri.user(), uri.has_credentials());
            assert_eq!(found, (user, has_credentials), "{uri}");
        }
    }

    #[test]
    fn a_secret_is_not_printed_wherever_it_is_written() {
        for (written, printed) in [
            (
                "amqp://shop:s3cret@broker:5672/%2f",
                "amqp://shop:***@broker:5672/%2f",
            ),
            ("amqp://shop:s3:c@r:e/t@broker", "amqp://shop:***@broker"),
            ("amqp://shop:http://s3cret@broker", "amqp://shop:***@broker"),
            (
                "mongodb://u:s3?c@ret@h/?tls=true",
                "mongodb://u:***@h/?tls=true",
            ),
            ("http://s3cret@collector:4318", "http://***@collector:4318"),
            ("shop:s3cret@broker", "***"),
            ("s3cret", "***"),
            ("mongodb://shop:s3cret", "mongodb://shop:***"),
            (
                "mongodb://a:1,b:2,c:s3cret/db",
                "mongodb://a:1,b:2,c:***/db",
            ),
            (
                "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=s3cret",
                "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=***",
            ),
            (
                "mongodb://h?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:s3cret",
                "mongodb://h?authMechanism=MONGODB-AWS&authMechanismProperties=***",
            ),
            (
                "mongodb://h/?proxyPassword=s3&cret&proxyHost=inner",
                "mongodb://h/?proxyPassword=***&***&proxyHost=***",
            ),
            ("http://h/v1?key=s3cret#s3cret", "http://h/v1?key=***#***"),
            ("http://h/v1?a=b:s3cret@c", "http://***@c"),
        ] {
            let uri = uri(written);
            assert_eq!(uri.to_string(), printed);
            assert_eq!(format!("{uri:?}"), printed);
            assert_eq!(serde_json::to_value(&uri).unwrap(), printed);
            assert_eq!(uri.expose(), written);
            let quoted = uri.hide_in(&format!("cannot use {written}: no"));
            assert_eq!(quoted, format!("cannot use {printed}: no"));
        }
    }

    #[test]
    fn a_uri_without_secrets_is_printed_as_it_is() {
        for plain in [
            "",
            "mongodb://127.0.0.1/?replicaSet=rs0&w=majority",
            "mongodb+srv://cluster.example/db?retryWrites=true&",
            "http://[::1]:4318/v1/traces",
            "amqp://broker:5672/%2f?heartbeat=10",
        ] {
            assert_eq!(uri(plain).to_string(), plain);
        }
    }

    #[test]
    fn a_message_shows_a_secret_in_none_of_its_spellings() {
        let secret = uri("mongodb://u:a%20%22b@h/?proxyPassword=p%26q");
        for (message, shown) in [
            ("no user u with a%20%22b", "no user u with ***"),
            ("no user u with a \"b", "no user u with ***"),
            (r#"no user u with "a \"b""#, r#"no user u with "***""#),
            ("p&q is no p%26q", "*** is no ***"),
        ] {
            assert_eq!(secret.hide_in(message), shown);
        }
    }

    proptest! {
        #[test]
        fn a_password_of_any_letters_is_hidden(password in "[a-zA-Z0-9:/?#&=@%]{0,12}") {
            let secret = format!("XX{password}XX");
            for written in [
                format!("amqp://u:{secret}@host/v"),
                format!("mongodb://host/?proxyPassword={}", secret.replace(['&', '#', '@'], "")),
            ] {
                let printed = uri(&written).to_string();
                prop_assert!(!printed.contains("XX"), "{} prints as {}", written, printed);
            }
        }

        #[test]
        fn any_text_prints_without_a_panic(text in ".{0,60}") {
            let uri = uri(&text);
            prop_assert!(uri.to_string().len() <= 4 * text.len() + 8);
            prop_assert!(text.is_empty() || !uri.hide_in(&text).is_empty());
        }
    }
}
