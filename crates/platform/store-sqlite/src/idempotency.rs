//! First answers to requests with an Idempotency-Key, stored in the transaction that did what they say.

use std::time::Duration;

use kernel::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::{corrupt, id};
use store::StoreResult;
use store::idempotency::{Claim, Earlier, LIFETIME, OnceKey, StoredAnswer};

struct Row {
    fingerprint: Vec<u8>,
    subject: Uuid,
    answer: Option<StoredAnswer>,
    lease_until: i64,
}

fn row(tx: &Connection, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Row>> {
    let found = tx
        .prepare_cached(
            "SELECT fingerprint, subject, status, location, body, lease_until, etag FROM idempotency
             WHERE user_id = ?1 AND route = ?2 AND key = ?3 AND created_at > ?4",
        )?
        .query_row(
            (
                key.user.as_bytes(),
                key.route,
                &key.key,
                now.minus(LIFETIME).as_millis(),
            ),
            |row| {
                let status: Option<i64> = row.get(2)?;
                let body: Option<Vec<u8>> = row.get(4)?;
                Ok((
                    row.get::<_, Vec<u8>>(0)?,
                    id::<Uuid>(row, 1)?,
                    status,
                    row.get::<_, Option<String>>(3)?,
                    body,
                    row.get::<_, i64>(5)?,
                    row.get::<_, Option<String>>(6)?,
                ))
            },
        )
        .optional()?;
    let Some((fingerprint, subject, status, location, body, lease_until, etag)) = found else {
        return Ok(None);
    };
    let answer = status
        .map(|status| {
            Ok::<_, store::StoreError>(StoredAnswer {
                status: u16::try_from(status).map_err(|_| corrupt("a stored answer's status"))?,
                location,
                etag,
                body: body.ok_or_else(|| corrupt("a stored answer has no body"))?,
            })
        })
        .transpose()?;
    Ok(Some(Row {
        fingerprint,
        subject,
        answer,
        lease_until,
    }))
}

fn earlier(found: Row, key: &OnceKey) -> Earlier {
    if found.fingerprint != key.fingerprint {
        return Earlier::OtherBody;
    }
    found.answer.map_or(Earlier::Running, Earlier::Answered)
}

/// What is known of an earlier request with this key.
///
/// # Errors
/// A store error.
pub fn lookup(tx: &Connection, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Earlier>> {
    Ok(row(tx, key, now)?.map(|found| earlier(found, key)))
}

/// Claims the key for a request that takes more than one transaction. The claim holds for `lease`: after that, a repeat of the
/// request takes it over, with the same subject.
///
/// # Errors
/// A store error.
pub fn claim(
    tx: &Connection,
    key: &OnceKey,
    subject: Uuid,
    now: Timestamp,
    lease: Duration,
) -> StoreResult<Claim> {
    let subject = match row(tx, key, now)? {
        Some(found)
            if found.answer.is_none()
                && found.lease_until <= now.as_millis()
                && found.fingerprint == key.fingerprint =>
        {
            found.subject
        }
        Some(found) => return Ok(Claim::Earlier(earlier(found, key))),
        None => subject,
    };
    let until = now.plus(lease);
    write(tx, key, subject, None, now, until)?;
    Ok(Claim::Mine { subject, until })
}

/// Gives the claim that holds `until` back: the request came to nothing that is to be remembered. Changes nothing if another run of
/// the request has taken it over.
///
/// # Errors
/// A store error.
pub fn release(tx: &Connection, key: &OnceKey, until: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "DELETE FROM idempotency
         WHERE user_id = ?1 AND route = ?2 AND key = ?3 AND status IS NULL AND lease_until = ?4",
    )?
    .execute((key.user.as_bytes(), key.route, &key.key, until.as_millis()))?;
    Ok(())
}

/// Ends the lease of the claim that holds `until`: it is unknown what was done for its subject, so a repeat of the request may go on
/// with the same one at once.
///
/// # Errors
/// A store error.
pub fn expire_claim(tx: &Connection, key: &OnceKey, until: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "UPDATE idempotency SET lease_until = 0
         WHERE user_id = ?1 AND route = ?2 AND key = ?3 AND status IS NULL AND lease_until = ?4",
    )?
    .execute((key.user.as_bytes(), key.route, &key.key, until.as_millis()))?;
    Ok(())
}

/// Stores the answer to the request whose claim holds `until`. False, and nothing stored, if another run of the request has taken the
/// claim over.
///
/// # Errors
/// A store error.
pub fn record_claimed(
    tx: &Connection,
    key: &OnceKey,
    until: Timestamp,
    answer: &StoredAnswer,
) -> StoreResult<bool> {
    let updated = tx
        .prepare_cached(
            "UPDATE idempotency SET status = ?5, location = ?6, body = ?7, etag = ?8
             WHERE user_id = ?1 AND route = ?2 AND key = ?3 AND status IS NULL AND lease_until = ?4",
        )?
        .execute((
            key.user.as_bytes(),
            key.route,
            &key.key,
            until.as_millis(),
            answer.status,
            &answer.location,
            &answer.body,
            &answer.etag,
        ))?;
    Ok(updated > 0)
}

/// The answer to the request that made `subject`, if it came with a key and was answered.
///
/// # Errors
/// A store error.
pub fn answer_of_subject(tx: &Connection, subject: Uuid) -> StoreResult<Option<StoredAnswer>> {
    let found = tx
        .prepare_cached(
            "SELECT status, location, body, etag FROM idempotency WHERE subject = ?1 AND status IS NOT NULL",
        )?
        .query_row([subject.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    found
        .map(|(status, location, body, etag)| {
            let status = u16::try_from(status).map_err(|_| corrupt("a stored answer's status"))?;
            Ok(StoredAnswer {
                status,
                location,
                etag,
                body,
            })
        })
        .transpose()
}

/// Stores the first answer to the request with this key.
///
/// # Errors
/// A store error.
pub fn record(
    tx: &Connection,
    key: &OnceKey,
    subject: Uuid,
    answer: &StoredAnswer,
    now: Timestamp,
) -> StoreResult<()> {
    write(tx, key, subject, Some(answer), now, now)
}

/// Stores the first answer to the request that made `subject`, if it came with a key and has no answer yet. Returns whether
/// this was the first.
///
/// # Errors
/// A store error.
pub fn record_by_subject(
    tx: &Connection,
    subject: Uuid,
    answer: &StoredAnswer,
) -> StoreResult<bool> {
    let updated = tx
        .prepare_cached(
            "UPDATE idempotency SET status = ?2, location = ?3, body = ?4, etag = ?5 WHERE subject = ?1 AND status IS NULL",
        )?
        .execute((subject.as_bytes(), answer.status, &answer.location, &answer.body, &answer.etag))?;
    Ok(updated > 0)
}

/// Forgets up to `limit` answers older than their lifetime. Returns how many.
///
/// # Errors
/// A store error.
pub fn forget_old_answers(tx: &Connection, now: Timestamp, limit: i64) -> StoreResult<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM idempotency WHERE (user_id, route, key) IN
               (SELECT user_id, route, key FROM idempotency WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)",
        )?
        .execute((now.minus(LIFETIME).as_millis(), limit))?)
}

fn write(
    tx: &Connection,
    key: &OnceKey,
    subject: Uuid,
    answer: Option<&StoredAnswer>,
    now: Timestamp,
    lease_until: Timestamp,
) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO idempotency
         (user_id, route, key, fingerprint, subject, status, location, body, created_at, lease_until, etag)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute((
        key.user.as_bytes(),
        key.route,
        &key.key,
        key.fingerprint,
        subject.as_bytes(),
        answer.map(|answer| answer.status),
        answer.and_then(|answer| answer.location.as_deref()),
        answer.map(|answer| answer.body.as_slice()),
        now.as_millis(),
        lease_until.as_millis(),
        answer.and_then(|answer| answer.etag.as_deref()),
    ))?;
    Ok(())
}
