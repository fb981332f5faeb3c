//! The records that all services have: handled messages and stored answers.

use std::time::Duration;

use kernel::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use store::idempotency::{LIFETIME, StoredAnswer};
use store::{Handled, INBOX_MEMORY, IdempotencyKey, Idempotent, StoreResult};
use uuid::Uuid;

use super::codec::{blob, corrupt, id};
use super::row::Row;

impl Row for Handled {
    const TABLE: &'static str = "inbox";
    const COLUMNS: &'static [&'static str] = &["order_id", "message_id", "handled_at"];

    fn key_values((order, message): &Self::Key) -> Vec<Sql> {
        vec![blob(order.as_bytes()), blob(message.as_bytes())]
    }

    fn values(&self) -> Vec<Sql> {
        vec![
            blob(self.order.as_bytes()),
            blob(self.message.as_bytes()),
            self.at.as_millis().into(),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        Ok(Self {
            order: id(row, 0)?,
            message: id(row, 1)?,
            at: Timestamp::from_millis(row.get(2)?),
        })
    }
}

impl Row for Idempotent {
    const TABLE: &'static str = "idempotency";
    const COLUMNS: &'static [&'static str] = &[
        "user_id",
        "route",
        "key",
        "fingerprint",
        "subject",
        "status",
        "location",
        "etag",
        "body",
        "created_at",
        "lease_until",
    ];

    fn key_values(key: &IdempotencyKey) -> Vec<Sql> {
        vec![
            blob(key.user.as_bytes()),
            key.route.clone().into(),
            key.key.clone().into(),
        ]
    }

    fn values(&self) -> Vec<Sql> {
        let answer = self.answer.as_ref();
        let mut values = Self::key_values(&self.key);
        values.extend([
            blob(&self.fingerprint),
            blob(self.subject.as_bytes()),
            answer.map(|answer| i64::from(answer.status)).into(),
            answer.and_then(|answer| answer.location.clone()).into(),
            answer.and_then(|answer| answer.etag.clone()).into(),
            answer.map(|answer| answer.body.clone()).into(),
            self.created_at.as_millis().into(),
            self.lease_until.as_millis().into(),
        ]);
        values
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        let status: Option<i64> = row.get(5)?;
        let answer = status.map(|status| {
            Ok::<_, store::StoreError>(StoredAnswer {
                status: u16::try_from(status).map_err(|_| corrupt("a stored answer's status"))?,
                location: row.get(6)?,
                etag: row.get(7)?,
                body: row.get(8)?,
            })
        });
        Ok(Self {
            key: IdempotencyKey {
                user: id(row, 0)?,
                route: row.get(1)?,
                key: row.get(2)?,
            },
            fingerprint: row.get(3)?,
            subject: id::<Uuid>(row, 4)?,
            answer: answer.transpose()?,
            created_at: Timestamp::from_millis(row.get(9)?),
            lease_until: Timestamp::from_millis(row.get(10)?),
        })
    }
}

/// Rows deleted in one transaction; a bound keeps requests from waiting long behind it.
const FORGET: usize = 2000;

/// Deletes rows that have expired at `now`. Returns whether more may be left.
pub(super) fn forget(db: &Connection, now: Timestamp) -> StoreResult<bool> {
    let delete = |sql: &str, age: Duration| {
        let values = (
            now.minus(age).as_millis(),
            i64::try_from(FORGET).unwrap_or(i64::MAX),
        );
        Ok::<_, store::StoreError>(db.prepare_cached(sql)?.execute(values)?)
    };
    let messages = delete(
        "DELETE FROM inbox WHERE (order_id, message_id) IN
           (SELECT order_id, message_id FROM inbox WHERE handled_at <= ?1 ORDER BY handled_at LIMIT ?2)",
        INBOX_MEMORY,
    )?;
    let answers = delete(
        "DELETE FROM idempotency WHERE (user_id, route, key) IN
           (SELECT user_id, route, key FROM idempotency WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)",
        LIFETIME,
    )?;
    Ok(messages.max(answers) >= FORGET)
}
