//! Users and sessions in SQLite. The writer is alone, so what a transaction reads holds until it commits.

mod row;

use async_trait::async_trait;
use auth::{PasswordHash, Role};
use kernel::{SessionId, Timestamp, UserId};
use rusqlite::{Connection, params};
use store::{StoreError, StoreResult};
use store_sqlite::Sqlite;
use telemetry::metrics::Read;

use super::{Registered, Rotated, UserStore};
use crate::domain::{
    Email, NewSession, NextToken, Presented, TokenDigest, User, UserName, present,
};

/// The schema's steps.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// Rows forgotten in one transaction, so that no request waits long behind it.
const FORGET: i64 = 5000;

/// The [`UserStore`] on SQLite.
pub(crate) struct SqliteUsers {
    pub(super) db: Sqlite,
}

impl SqliteUsers {
    /// A store on `db`.
    pub(crate) fn new(db: Sqlite) -> Self {
        Self { db }
    }
}

/// Runs one statement and returns how many rows it changed.
fn execute(tx: &Connection, sql: &str, values: impl rusqlite::Params) -> StoreResult<usize> {
    Ok(tx.prepare_cached(sql)?.execute(values)?)
}

fn insert_token(tx: &Connection, session: SessionId, token: &NextToken) -> StoreResult<()> {
    execute(
        tx,
        "INSERT INTO refresh_tokens (digest, session_id, expires_at) VALUES (?1, ?2, ?3)",
        params![
            token.digest,
            session.as_bytes(),
            token.expires_at.as_millis()
        ],
    )
    .map(drop)
}

fn delete_session(tx: &Connection, session: SessionId) -> StoreResult<()> {
    execute(
        tx,
        "DELETE FROM sessions WHERE id = ?1",
        params![session.as_bytes()],
    )
    .map(drop)
}

#[async_trait]
impl UserStore for SqliteUsers {
    async fn register(&self, user: User) -> StoreResult<Registered> {
        self.db.write(move |tx| row::insert(tx, &user)).await
    }

    async fn user(&self, id: UserId) -> StoreResult<Option<User>> {
        self.db.read(Read::Get, move |tx| row::user(tx, id)).await
    }

    async fn user_by_email(&self, email: &Email) -> StoreResult<Option<User>> {
        let key = email.key().to_owned();
        self.db
            .read(Read::Get, move |tx| row::user_by_email(tx, &key))
            .await
    }

    async fn rename(&self, id: UserId, name: UserName) -> StoreResult<Option<User>> {
        self.db
            .write(move |tx| {
                execute(
                    tx,
                    "UPDATE users SET name = ?2 WHERE id = ?1",
                    params![id.as_bytes(), name.as_str()],
                )?;
                row::user(tx, id)
            })
            .await
    }

    async fn grant(&self, email: &Email, role: Role) -> StoreResult<Option<User>> {
        let key = email.key().to_owned();
        self.db
            .write(move |tx| {
                let Some(user) = row::user_by_email(tx, &key)? else {
                    return Ok(None);
                };
                row::insert_role(tx, user.id, role)?;
                row::user(tx, user.id)
            })
            .await
    }

    async fn open_session(&self, session: NewSession, proven: PasswordHash) -> StoreResult<bool> {
        self.db
            .write(move |tx| {
                let user = row::user(tx, session.user)?;
                if user.is_none_or(|user| user.password_hash != proven) {
                    return Ok::<_, StoreError>(false);
                }
                execute(
                    tx,
                    "INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                    params![
                        session.id.as_bytes(),
                        session.user.as_bytes(),
                        session.created_at.as_millis(),
                        session.token.expires_at.as_millis()
                    ],
                )?;
                insert_token(tx, session.id, &session.token)?;
                Ok(true)
            })
            .await
    }

    async fn rotate(
        &self,
        presented: TokenDigest,
        next: NextToken,
        now: Timestamp,
    ) -> StoreResult<Rotated> {
        self.db
            .write(move |tx| {
                let Some(known) = row::token(tx, &presented)? else {
                    return Ok::<_, StoreError>(Rotated::Unknown);
                };
                let (session, user) = (known.session, known.user);
                match present(&known.token, now) {
                    Presented::Refuse => Ok(Rotated::Unknown),
                    Presented::EndSession => {
                        delete_session(tx, session)?;
                        Ok(Rotated::SessionEnded { user, session })
                    }
                    Presented::Rotate => {
                        execute(
                            tx,
                            "UPDATE refresh_tokens SET used_at = ?2 WHERE digest = ?1",
                            params![presented, now.as_millis()],
                        )?;
                        insert_token(tx, session, &next)?;
                        execute(
                            tx,
                            "UPDATE sessions SET expires_at = ?2 WHERE id = ?1",
                            params![session.as_bytes(), next.expires_at.as_millis()],
                        )?;
                        let user = row::user(tx, user)?.ok_or_else(|| {
                            StoreError::Corrupt(format!("session {session} has no user"))
                        })?;
                        Ok(Rotated::Done {
                            user: Box::new(user),
                            session,
                        })
                    }
                }
            })
            .await
    }

    async fn end_session(&self, user: UserId, token: TokenDigest) -> StoreResult<()> {
        self.db
            .write(move |tx| match row::token(tx, &token)? {
                Some(known) if known.user == user => delete_session(tx, known.session),
                Some(_) | None => Ok(()),
            })
            .await
    }

    async fn change_password(
        &self,
        user: UserId,
        old: PasswordHash,
        new: PasswordHash,
        keep: SessionId,
    ) -> StoreResult<bool> {
        self.db
            .write(move |tx| {
                let changed = execute(
                    tx,
                    "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2",
                    params![user.as_bytes(), old.as_str(), new.as_str()],
                )?;
                if changed == 0 {
                    return Ok::<_, StoreError>(false);
                }
                execute(
                    tx,
                    "DELETE FROM sessions WHERE user_id = ?1 AND id <> ?2",
                    params![user.as_bytes(), keep.as_bytes()],
                )?;
                Ok(true)
            })
            .await
    }

    async fn forget(&self, now: Timestamp) -> StoreResult<()> {
        self.db
            .write(move |tx| {
                let values = params![now.as_millis(), FORGET];
                execute(
                    tx,
                    "DELETE FROM refresh_tokens WHERE digest IN
                         (SELECT digest FROM refresh_tokens WHERE expires_at < ?1 LIMIT ?2)",
                    values,
                )?;
                execute(
                    tx,
                    "DELETE FROM sessions WHERE id IN
                         (SELECT id FROM sessions WHERE expires_at < ?1 LIMIT ?2)",
                    values,
                )?;
                Ok(())
            })
            .await
    }

    async fn ping(&self) -> StoreResult<()> {
        self.db
            .read(Read::Check, |tx| {
                Ok(tx
                    .prepare_cached("SELECT 1")?
                    .query_row([], |row| row.get::<_, i64>(0))
                    .map(drop)?)
            })
            .await
    }
}
