//! Messages: what the other release sends is read here, and nothing was changed that it reads.

use chassis::bus::amqp::RecordedMessage;
use compat::fixture::Fixture;
use compat::messages::{fields, round_trip};
use compat::protocol::{breaking_changes, compile, current, messages_on_the_bus};
use compat::record::Internal;
use contracts::reservations::{ReserveAnswer, ReserveRequest};
use order_service::{decode_announcement, encode_announcement};
use serde_json::{Value, json};

const STORES: [&str; 2] = ["sqlite", "mongo"];

fn messages(fixture: &Fixture) -> Vec<RecordedMessage> {
    let recorded = STORES
        .iter()
        .flat_map(|store| fixture.json::<Vec<RecordedMessage>>(&format!("{store}/messages.json")));
    recorded.collect()
}

#[test]
fn every_recorded_message_is_read_and_written_again_without_a_loss() {
    for fixture in Fixture::all() {
        for message in messages(&fixture) {
            let (envelope, _) = message.open().unwrap();
            round_trip(&envelope).unwrap();
        }
    }
}

#[test]
fn a_recording_has_every_message_of_its_contracts_with_every_field() {
    for fixture in Fixture::all() {
        let all = messages(&fixture);
        for (name, expected) in messages_on_the_bus(&compile(&fixture.path("proto")).unwrap()) {
            let found = all
                .iter()
                .filter(|message| message.name == name)
                .flat_map(|message| fields(&message.body().unwrap()))
                .collect();
            assert_eq!(expected, found, "{} of {}", name, fixture.release());
        }
    }
}

#[test]
fn properties_and_headers_are_still_written_as_they_were() {
    for fixture in Fixture::all() {
        for message in messages(&fixture) {
            let (envelope, attempts) = message.open().unwrap();
            let letter = message.dead_letter().unwrap();
            let again = if letter.reason.is_empty() {
                RecordedMessage::sealed(&envelope, attempts)
            } else {
                assert_eq!((&letter.envelope, letter.attempts), (&envelope, attempts));
                RecordedMessage::buried(&envelope, attempts, &letter.reason, letter.died_at)
            };
            assert_writes_all_of(&again.unwrap(), &message);
        }
    }
}

/// More headers are fine; a missing or another one is not, for the other release reads it.
fn assert_writes_all_of(now: &RecordedMessage, before: &RecordedMessage) {
    let (now, before) = (json!(now), json!(before));
    assert!(includes(&now, &before), "{before}\nis now\n{now}");
}

fn includes(now: &Value, before: &Value) -> bool {
    match before.as_object() {
        Some(fields) => fields.iter().all(|(name, before)| {
            let now = now.get(name).unwrap_or(&Value::Null);
            includes(now, before)
        }),
        None => now == before,
    }
}

#[test]
fn dead_letters_are_among_the_recorded_messages() {
    for fixture in Fixture::all() {
        let all = messages(&fixture);
        let is_dead = |message: &&RecordedMessage| {
            let letter = message.dead_letter().unwrap();
            !letter.reason.is_empty() && letter.died_at.as_millis() > 0
        };
        assert!(all.iter().any(|message| is_dead(&message)));
        assert!(!all.iter().all(|message| is_dead(&message)));
    }
}

#[test]
fn nothing_in_the_contracts_breaks_who_speaks_those_of_an_earlier_release() {
    let new = compile(&current()).unwrap();
    for fixture in Fixture::all() {
        let old = compile(&fixture.path("proto")).unwrap();
        assert!(!old.file.is_empty());
        let broken = breaking_changes(&old, &new);
        assert!(
            broken.is_empty(),
            "since {}: {broken:#?}",
            fixture.release()
        );
    }
}

#[test]
fn internal_requests_answers_and_hints_of_the_other_release_are_read() {
    for fixture in Fixture::all() {
        let recorded: Internal = fixture.json("internal.json");
        let text: Value = fixture.json("internal.json");
        assert_eq!(json!(recorded.request), text["request"]);
        assert_eq!(json!(recorded.answers), text["answers"]);
        let (orders, bytes) = recorded.announced;
        assert_eq!(decode_announcement(&bytes), Some(orders.clone()));
        assert_eq!(encode_announcement(&orders), bytes);
    }
}

#[test]
fn internal_requests_and_answers_may_have_fields_that_are_not_known_here() {
    for fixture in Fixture::all() {
        let recorded: Internal = fixture.json("internal.json");
        let request = with_more(&json!(recorded.request));
        let read: ReserveRequest = serde_json::from_value(request).unwrap();
        assert_eq!(read, recorded.request);
        for answer in recorded.answers {
            // The one field of the outermost object names the kind of answer: none goes beside it.
            let read: ReserveAnswer = serde_json::from_value(inside(&json!(answer))).unwrap();
            assert_eq!(read, answer);
        }
    }
}

/// The value with a field more in every object of it.
fn with_more(value: &Value) -> Value {
    let mut more = inside(value);
    if let Some(fields) = more.as_object_mut() {
        fields.insert("ofALaterRelease".to_owned(), json!(1));
    }
    more
}

/// The same, but not in the outermost object.
fn inside(value: &Value) -> Value {
    if let Some(fields) = value.as_object() {
        // A kind of refusal is named like a field, too.
        let of_kind = |name: &str, value: &Value| match name {
            "refused" => inside(value),
            _ => with_more(value),
        };
        return fields
            .iter()
            .map(|(name, value)| (name.clone(), of_kind(name, value)))
            .collect();
    }
    match value.as_array() {
        Some(values) => values.iter().map(with_more).collect(),
        None => value.clone(),
    }
}
