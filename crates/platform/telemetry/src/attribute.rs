//! What a span says of itself beside its name: its kind and the values of its attributes.

use std::borrow::Cow;

/// Where a span stands between its caller and what it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Answers a request.
    Server,
    /// Asks another process, or a store.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
    /// Neither.
    Internal,
}

/// Value of an attribute. Never an email address, a token or an amount.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "otlp"),
    expect(
        dead_code,
        reason = "nobody reads the attributes of spans that are not recorded"
    )
)]
pub(super) enum Value {
    Text(Cow<'static, str>),
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
