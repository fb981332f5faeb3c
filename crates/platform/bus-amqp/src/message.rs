//! The wire format of a message in the broker: envelope in AMQP properties and headers, protobuf encoding as the body.

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::{Envelope, Kind};
use kernel::{MessageId, Timestamp};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use uuid::Uuid;

use store::DeadLetter;

const CONTENT_TYPE: &str = "application/x-protobuf";
/// Delivery mode: written to disk before it is confirmed.
const PERSISTENT: u8 = 2;

const TRACEPARENT: &str = "traceparent";
const SUBJECT: &str = "aggregate-id";
const KIND: &str = "x-marketplace-kind";
/// Milliseconds, because AMQP's own timestamp counts seconds.
const TIME: &str = "x-marketplace-time-ms";
/// Failed deliveries so far.
const ATTEMPT: &str = "x-marketplace-attempt";
const REASON: &str = "x-marketplace-reason";
const DIED_AT: &str = "x-marketplace-died-at-ms";
/// The broker's record of the queues in which a message was dead-lettered.
const DEATHS: &str = "x-death";
/// The broker's count of deliveries that returned unacknowledged.
const RETURNS: &str = "x-delivery-count";

const COMMAND: &str = "command";
const EVENT: &str = "event";

/// Properties for sending `envelope` to a receiver after `attempts` failed deliveries.
pub(super) fn seal(envelope: &Envelope, attempts: u32) -> BasicProperties {
    let mut headers = BTreeMap::new();
    let mut header = |name: &str, value| headers.insert(ShortString::from(name), value);
    header(SUBJECT, text(&envelope.subject.to_string()));
    header(
        KIND,
        text(match envelope.kind {
            Kind::Command => COMMAND,
            Kind::Event => EVENT,
        }),
    );
    header(TIME, AMQPValue::LongLongInt(envelope.time.as_millis()));
    header(ATTEMPT, AMQPValue::LongLongInt(attempts.into()));
    if let Some(traceparent) = &envelope.traceparent {
        header(TRACEPARENT, text(traceparent));
    }
    BasicProperties::default()
        .with_message_id(envelope.id.to_string().into())
        .with_type(short(&envelope.name))
        .with_timestamp(u64::try_from(envelope.time.as_seconds()).unwrap_or(0))
        .with_content_type(CONTENT_TYPE.into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(FieldTable::from(headers))
}

/// Reads a delivery.
///
/// # Errors
/// What is missing or wrong. Such a message goes to the dead letters unchanged.
pub(super) fn open(properties: &BasicProperties, body: Bytes) -> Result<Envelope, String> {
    let (envelope, missing) = read(properties, body);
    missing.map_or(Ok(envelope), |what| {
        Err(format!("malformed message: no {what}"))
    })
}

/// As much of a delivery as can be read, and the first part that is missing or wrong. Missing ids are nil.
fn read(properties: &BasicProperties, body: Bytes) -> (Envelope, Option<&'static str>) {
    let name = properties.kind().as_ref().map(ToString::to_string);
    let id = message_id(properties);
    let subject = header_text(properties, SUBJECT).and_then(|id| Uuid::try_parse(&id).ok());
    let kind = match header_text(properties, KIND).as_deref() {
        Some(COMMAND) => Some(Kind::Command),
        Some(EVENT) => Some(Kind::Event),
        _ => None,
    };
    let time = header_number(properties, TIME);
    let parts = [
        ("type", name.is_some()),
        ("message id", id.is_some()),
        ("aggregate id", subject.is_some()),
        ("kind", kind.is_some()),
        ("time", time.is_some()),
    ];
    let missing = parts.iter().find(|(_, is_there)| !is_there);
    let envelope = Envelope {
        id: id.unwrap_or(MessageId::from_uuid(Uuid::nil())),
        name: name.unwrap_or_default(),
        kind: kind.unwrap_or(Kind::Event),
        subject: subject.unwrap_or_default(),
        time: Timestamp::from_millis(time.unwrap_or_default()),
        traceparent: header_text(properties, TRACEPARENT),
        body,
    };
    (envelope, missing.map(|(what, _)| *what))
}

/// The properties of a message to dead-letter: the originals, plus the reason and time.
pub(super) fn bury(
    properties: BasicProperties,
    attempts: u32,
    reason: &str,
    now: Timestamp,
) -> BasicProperties {
    with_headers(properties, |headers| {
        headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(attempts.into()));
        headers.insert(REASON.into(), text(reason));
        headers.insert(DIED_AT.into(), AMQPValue::LongLongInt(now.as_millis()));
    })
}

/// The properties of a replayed dead letter, without its failure count and any trace of its dead-lettering.
pub(super) fn revive(properties: BasicProperties) -> BasicProperties {
    with_headers(properties, |headers| {
        headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(0));
        headers.retain(|name, _| !of_its_death(name.as_str()));
    })
}

/// The properties of a dead letter that is written back to its queue: unchanged, with the return count reset.
pub(super) fn renew(properties: BasicProperties) -> BasicProperties {
    with_headers(properties, |headers| drop(headers.remove(RETURNS)))
}

fn of_its_death(header: &str) -> bool {
    [REASON, DIED_AT, RETURNS].contains(&header)
        || header.starts_with(DEATHS)
        || header.starts_with("x-first-death")
        || header.starts_with("x-last-death")
}

/// A dead letter as an operator sees it. For an unreadable message, as much as can be read.
pub(super) fn dead_letter(properties: &BasicProperties, body: Bytes) -> DeadLetter {
    let (broker_reason, seconds) = death_by_broker(properties).unwrap_or_default();
    let died_at = header_number(properties, DIED_AT).unwrap_or(seconds.saturating_mul(1000));
    DeadLetter {
        envelope: read(properties, body).0,
        attempts: attempts(properties),
        reason: header_text(properties, REASON).unwrap_or(broker_reason),
        died_at: Timestamp::from_millis(died_at),
    }
}

/// Why and when (in seconds) the broker itself dead-lettered the message, for example `delivery_limit`.
fn death_by_broker(properties: &BasicProperties) -> Option<(String, i64)> {
    let AMQPValue::FieldTable(death) =
        header(properties, DEATHS)?.as_array()?.as_slice().first()?
    else {
        return None;
    };
    let reason = words(death.inner().get("reason")?)?;
    let time = death.inner().get("time").and_then(number);
    let reason = format!("given up by the broker: {reason}");
    Some((reason, time.unwrap_or_default()))
}

/// The id of the message, if it has one.
pub(super) fn message_id(properties: &BasicProperties) -> Option<MessageId> {
    properties.message_id().as_ref()?.as_str().parse().ok()
}

/// Failed deliveries so far.
pub(super) fn attempts(properties: &BasicProperties) -> u32 {
    header_number(properties, ATTEMPT)
        .and_then(|attempts| u32::try_from(attempts).ok())
        .unwrap_or(0)
}

/// Deliveries that returned to the broker unacknowledged. At twenty the broker drops the message from its queue.
pub(super) fn returns(properties: &BasicProperties) -> i64 {
    header_number(properties, RETURNS).unwrap_or(0)
}

fn with_headers(
    properties: BasicProperties,
    change: impl FnOnce(&mut BTreeMap<ShortString, AMQPValue>),
) -> BasicProperties {
    let headers = properties.headers().as_ref();
    let mut headers = headers.map_or_else(BTreeMap::new, |table| table.inner().clone());
    change(&mut headers);
    properties.with_headers(FieldTable::from(headers))
}

fn header<'p>(properties: &'p BasicProperties, name: &str) -> Option<&'p AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn header_text(properties: &BasicProperties, name: &str) -> Option<String> {
    words(header(properties, name)?)
}

fn header_number(properties: &BasicProperties, name: &str) -> Option<i64> {
    number(header(properties, name)?)
}

pub(super) fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// Our names are far shorter than AMQP's limit of 255 bytes. A longer one is truncated and then matches nothing.
pub(super) fn short(name: &str) -> ShortString {
    let end = name.floor_char_boundary(u8::MAX.into());
    name.get(..end).unwrap_or_default().into()
}

fn words(value: &AMQPValue) -> Option<String> {
    let long = value.as_long_string().map(ToString::to_string);
    long.or_else(|| value.as_short_string().map(ToString::to_string))
}

/// Any of AMQP's integer types: other clients write other widths.
fn number(value: &AMQPValue) -> Option<i64> {
    value
        .as_long_long_int()
        .or_else(|| value.as_long_int().map(i64::from))
        .or_else(|| value.as_long_uint().map(i64::from))
        .or_else(|| value.as_short_int().map(i64::from))
        .or_else(|| value.as_short_uint().map(i64::from))
        .or_else(|| value.as_short_short_int().map(i64::from))
        .or_else(|| value.as_short_short_uint().map(i64::from))
        .or_else(|| {
            value
                .as_timestamp()
                .and_then(|seconds| i64::try_from(seconds).ok())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{OrderId, SystemIds};

    fn envelope(kind: Kind, traceparent: Option<&str>) -> Envelope {
        let ids = SystemIds::default();
        Envelope {
            id: MessageId::new(&ids),
            name: "marketplace.wallet.v1.DebitForOrder".to_owned(),
            kind,
            subject: OrderId::new(&ids).as_uuid(),
            time: Timestamp::from_millis(1_700_000_000_123),
            traceparent: traceparent.map(str::to_owned),
            body: Bytes::from_static(b"\x00\xffbody"),
        }
    }

    #[test]
    fn an_envelope_comes_back_as_it_went() {
        for envelope in [
            envelope(
                Kind::Command,
                Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ),
            envelope(Kind::Event, None),
        ] {
            let opened = open(&seal(&envelope, 3), envelope.body.clone()).unwrap();
            assert_eq!(attempts(&seal(&envelope, 3)), 3);
            assert_eq!(opened, envelope);
        }
    }

    #[test]
    fn a_message_without_one_of_its_parts_is_malformed_and_still_a_dead_letter() {
        let envelope = envelope(Kind::Event, None);
        let sealed = seal(&envelope, 0);
        let nameless = BasicProperties::default()
            .with_message_id(envelope.id.to_string().into())
            .with_headers(sealed.headers().clone().unwrap());
        let subjectless = with_headers(sealed, |headers| drop(headers.remove(SUBJECT)));
        for properties in [BasicProperties::default(), nameless, subjectless] {
            let reason = open(&properties, envelope.body.clone()).unwrap_err();
            let buried = bury(properties, 1, &reason, Timestamp::from_millis(7));
            let letter = dead_letter(&buried, envelope.body.clone());
            assert_eq!((letter.reason, letter.attempts), (reason, 1));
            assert_eq!(letter.died_at.as_millis(), 7);
            assert_eq!(letter.envelope.body, envelope.body);
        }
    }

    #[test]
    fn a_revived_letter_is_the_message_that_was_sent() {
        let envelope = envelope(Kind::Command, None);
        let buried = bury(seal(&envelope, 5), 6, "busy", Timestamp::from_millis(7));
        assert_eq!(
            dead_letter(&buried, envelope.body.clone()).envelope,
            envelope
        );
        assert_eq!(revive(buried), seal(&envelope, 0));
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_at_a_character() {
        assert_eq!(short(&"ü".repeat(200)).as_str(), "ü".repeat(127));
    }
}
