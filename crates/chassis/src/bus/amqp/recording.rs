//! For tests of compatibility: a message as it lies in the broker, in a form that a file can hold and a person can read.

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::Envelope;
use kernel::Timestamp;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde::{Deserialize, Serialize};

use super::message::{bury, dead_letter, open, seal};
use crate::bus::DeadLetter;

/// A message in a queue: its AMQP properties and headers, and its body in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedMessage {
    message_id: String,
    /// The protobuf full name.
    #[serde(rename = "type")]
    pub name: String,
    timestamp: u64,
    content_type: String,
    delivery_mode: u8,
    headers: BTreeMap<String, Header>,
    body: String,
}

/// A header's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Header {
    /// AMQP's 64-bit integer.
    Number(i64),
    /// AMQP's long string.
    Text(String),
}

impl RecordedMessage {
    /// `envelope` on its way to a receiver that failed `attempts` times.
    ///
    /// # Errors
    /// If a property or header has no place here: then this form has to grow.
    pub fn sealed(envelope: &Envelope, attempts: u32) -> Result<Self, String> {
        Self::of(&seal(envelope, attempts), &envelope.body)
    }

    /// `envelope` as a dead letter.
    ///
    /// # Errors
    /// As [`RecordedMessage::sealed`].
    pub fn buried(
        envelope: &Envelope,
        attempts: u32,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, String> {
        let properties = bury(seal(envelope, attempts), attempts, reason, now);
        Self::of(&properties, &envelope.body)
    }

    fn of(properties: &BasicProperties, body: &[u8]) -> Result<Self, String> {
        let missing = |what: &str| format!("a message without {what}");
        let text = |value: &Option<ShortString>, what| {
            value
                .as_ref()
                .map(ToString::to_string)
                .ok_or_else(|| missing(what))
        };
        let mut headers = BTreeMap::new();
        for (name, value) in properties.headers().iter().flat_map(FieldTable::inner) {
            let value = if let Some(words) = value.as_long_string() {
                Header::Text(words.to_string())
            } else if let Some(number) = value.as_long_long_int() {
                Header::Number(number)
            } else {
                return Err(format!(
                    "the header {name} is of a type that is not recorded"
                ));
            };
            headers.insert(name.to_string(), value);
        }
        let recorded = Self {
            message_id: text(properties.message_id(), "an id")?,
            name: text(properties.kind(), "a type")?,
            timestamp: properties.timestamp().ok_or_else(|| missing("a time"))?,
            content_type: text(properties.content_type(), "a content type")?,
            delivery_mode: properties
                .delivery_mode()
                .ok_or_else(|| missing("a delivery mode"))?,
            headers,
            body: hexadecimal(body),
        };
        if recorded.properties() == *properties {
            Ok(recorded)
        } else {
            Err("a message has properties that are not recorded".to_owned())
        }
    }

    fn properties(&self) -> BasicProperties {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = match value {
                Header::Number(number) => AMQPValue::LongLongInt(*number),
                Header::Text(words) => AMQPValue::LongString(words.as_str().into()),
            };
            (ShortString::from(name.as_str()), value)
        });
        BasicProperties::default()
            .with_message_id(self.message_id.as_str().into())
            .with_type(self.name.as_str().into())
            .with_timestamp(self.timestamp)
            .with_content_type(self.content_type.as_str().into())
            .with_delivery_mode(self.delivery_mode)
            .with_headers(FieldTable::from(headers.collect::<BTreeMap<_, _>>()))
    }

    /// The body.
    ///
    /// # Errors
    /// If the digits are none.
    pub fn body(&self) -> Result<Bytes, String> {
        let (pairs, rest) = self.body.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err("half a byte".to_owned());
        }
        pairs
            .iter()
            .map(|pair| {
                let digits = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
                u8::from_str_radix(digits, 16).map_err(|error| error.to_string())
            })
            .collect()
    }

    /// Reads it as a consumer does: the envelope and the deliveries that failed so far.
    ///
    /// # Errors
    /// What a consumer would reject it for.
    pub fn open(&self) -> Result<(Envelope, u32), String> {
        let opened = open(&self.properties(), self.body()?)?;
        Ok((opened.envelope, opened.attempts))
    }

    /// Reads it as an operator sees it among the dead letters.
    ///
    /// # Errors
    /// If the body's digits are none.
    pub fn dead_letter(&self) -> Result<DeadLetter, String> {
        Ok(dead_letter(&self.properties(), self.body()?))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
