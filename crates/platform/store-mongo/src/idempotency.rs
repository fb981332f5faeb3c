//! First answers to requests with an Idempotency-Key, stored with what they say. The same rules as in `sqlite::idempotency`.
//! The answer to a request that takes more than one transaction may be kept with what it makes instead: see [`unanswered`].

use std::time::Duration;

use kernel::Timestamp;
use mongodb::bson::{Binary, DateTime, Uuid as BsonUuid, doc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::codec::{binary, corrupt, date, from_id, id};
use super::{Collection, Row, Unit};
use store::StoreResult;
use store::idempotency::{Claim, Earlier, LIFETIME, OnceKey, StoredAnswer};

/// A key in its scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct KeyRow {
    user: BsonUuid,
    route: String,
    key: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AnswerRow {
    status: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    body: Binary,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OnceRow {
    #[serde(rename = "_id")]
    id: KeyRow,
    fingerprint: Binary,
    subject: BsonUuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerRow>,
    created_at: DateTime,
    lease_until: i64,
}

impl Row for OnceRow {
    const COLLECTION: &'static str = "idempotency";
    type Key = KeyRow;

    fn key(&self) -> KeyRow {
        self.id.clone()
    }
}

/// The collection that these functions write to. The server deletes what is past its lifetime.
#[must_use]
pub fn idempotency_collection() -> Collection {
    Collection::new(
        OnceRow::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "fingerprint", "subject", "created_at", "lease_until"],
            "properties": {
                "fingerprint": { "bsonType": "binData" },
                "created_at": { "bsonType": "date" },
                "lease_until": { "bsonType": "long" },
                "answer": {
                    "bsonType": "object",
                    "required": ["status", "body"],
                    "properties": { "status": { "bsonType": "int", "minimum": 100, "maximum": 599 } },
                },
            },
        },
    )
    .expires("forgotten_after_its_lifetime", "created_at", LIFETIME)
}

fn key_row(key: &OnceKey) -> KeyRow {
    KeyRow {
        user: id(key.user),
        route: key.route.to_owned(),
        key: key.key.clone(),
    }
}

impl AnswerRow {
    fn of(answer: &StoredAnswer) -> Self {
        Self {
            status: i32::from(answer.status),
            location: answer.location.clone(),
            etag: answer.etag.clone(),
            body: binary(answer.body.clone()),
        }
    }

    fn answer(&self) -> StoreResult<StoredAnswer> {
        Ok(StoredAnswer {
            status: u16::try_from(self.status).map_err(|_| corrupt("a stored answer's status"))?,
            location: self.location.clone(),
            etag: self.etag.clone(),
            body: self.body.bytes.clone(),
        })
    }
}

/// The row of a key, unless its time is over: the server deletes late.
fn live(unit: &mut Unit, key: &OnceKey, now: Timestamp) -> StoreResult<Option<OnceRow>> {
    let found = unit.get::<OnceRow>(&key_row(key))?;
    Ok(found
        .filter(|row| row.created_at > date(now.minus(LIFETIME)))
        .map(|row| (*row).clone()))
}

fn earlier(row: &OnceRow, key: &OnceKey) -> StoreResult<Earlier> {
    if row.fingerprint.bytes != key.fingerprint {
        return Ok(Earlier::OtherBody);
    }
    row.answer.as_ref().map_or(Ok(Earlier::Running), |answer| {
        answer.answer().map(Earlier::Answered)
    })
}

/// The claim of `key` that holds `until`, if it still does.
fn held(unit: &mut Unit, key: &OnceKey, until: Timestamp) -> StoreResult<Option<OnceRow>> {
    let found = unit.get::<OnceRow>(&key_row(key))?;
    Ok(found
        .filter(|row| row.answer.is_none() && row.lease_until == until.as_millis())
        .map(|row| (*row).clone()))
}

/// Says that the key will be asked for, so that it is loaded with whatever else is.
///
/// # Errors
/// None in practice; see [`Unit::get`].
pub fn want_key(unit: &mut Unit, key: &OnceKey) -> StoreResult<()> {
    unit.want::<OnceRow>([key_row(key)])
}

/// What is known of an earlier request with this key.
///
/// # Errors
/// A store error.
pub fn lookup(unit: &mut Unit, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Earlier>> {
    live(unit, key, now)?
        .map(|row| earlier(&row, key))
        .transpose()
}

/// What an earlier request with this key and body makes, if the key has no answer: for a service that keeps the answer there.
///
/// # Errors
/// A store error.
pub fn unanswered(unit: &mut Unit, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Uuid>> {
    Ok(live(unit, key, now)?
        .filter(|row| row.answer.is_none() && row.fingerprint.bytes == key.fingerprint)
        .map(|row| from_id(row.subject)))
}

/// Claims the key for a request that takes more than one transaction. The claim holds for `lease`: after that, a repeat of the
/// request takes it over, with the same subject.
///
/// # Errors
/// A store error.
pub fn claim(
    unit: &mut Unit,
    key: &OnceKey,
    subject: Uuid,
    now: Timestamp,
    lease: Duration,
) -> StoreResult<Claim> {
    let subject = match live(unit, key, now)? {
        Some(row)
            if row.answer.is_none()
                && row.lease_until <= now.as_millis()
                && row.fingerprint.bytes == key.fingerprint =>
        {
            from_id(row.subject)
        }
        Some(row) => return Ok(Claim::Earlier(earlier(&row, key)?)),
        None => subject,
    };
    let until = now.plus(lease);
    write(unit, key, subject, None, now, until)?;
    Ok(Claim::Mine { subject, until })
}

/// Gives the claim that holds `until` back: the request came to nothing that is to be remembered. Changes nothing if another run of
/// the request has taken it over.
///
/// # Errors
/// A store error.
pub fn release(unit: &mut Unit, key: &OnceKey, until: Timestamp) -> StoreResult<()> {
    if held(unit, key, until)?.is_some() {
        unit.delete::<OnceRow>(&key_row(key))?;
    }
    Ok(())
}

/// Ends the lease of the claim that holds `until`: it is unknown what was done for its subject, so a repeat of the request may go on
/// with the same one at once.
///
/// # Errors
/// A store error.
pub fn expire_claim(unit: &mut Unit, key: &OnceKey, until: Timestamp) -> StoreResult<()> {
    if let Some(row) = held(unit, key, until)? {
        unit.put(OnceRow {
            lease_until: 0,
            ..row
        })?;
    }
    Ok(())
}

/// Stores the answer to the request whose claim holds `until`. False, and nothing stored, if another run of the request has taken the
/// claim over.
///
/// # Errors
/// A store error.
pub fn record_claimed(
    unit: &mut Unit,
    key: &OnceKey,
    until: Timestamp,
    answer: &StoredAnswer,
) -> StoreResult<bool> {
    let Some(row) = held(unit, key, until)? else {
        return Ok(false);
    };
    unit.put(OnceRow {
        answer: Some(AnswerRow::of(answer)),
        ..row
    })?;
    Ok(true)
}

/// Stores the first answer to the request with this key.
///
/// # Errors
/// A store error.
pub fn record(
    unit: &mut Unit,
    key: &OnceKey,
    subject: Uuid,
    answer: &StoredAnswer,
    now: Timestamp,
) -> StoreResult<()> {
    write(unit, key, subject, Some(answer), now, now)
}

fn write(
    unit: &mut Unit,
    key: &OnceKey,
    subject: Uuid,
    answer: Option<&StoredAnswer>,
    now: Timestamp,
    lease_until: Timestamp,
) -> StoreResult<()> {
    // Read even where the caller did not: it decides between an insert and a replacement.
    unit.get::<OnceRow>(&key_row(key))?;
    unit.put(OnceRow {
        id: key_row(key),
        fingerprint: binary(key.fingerprint.to_vec()),
        subject: id(subject),
        answer: answer.map(AnswerRow::of),
        created_at: date(now),
        lease_until: lease_until.as_millis(),
    })
}
