//! Users and sessions in one SQLite file.

use async_trait::async_trait;
use kernel::Timestamp;
use rusqlite::types::Value as Sql;
use store::StoreResult;
use store_sqlite::{Records, Row, Sqlite, SqliteRecord as _, blob, id};
use telemetry::metrics::Read;

use super::{UserFields, Users};
use crate::domain::{Email, TokenDigest, User};
use crate::records::{EMAIL_KEY, Session, Token, UserRecord};

/// The schema's migrations.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

/// Maximum number of rows deleted in one transaction, so that no request waits long for it.
const FORGET: i64 = 5000;

/// [`Users`] on SQLite.
pub(crate) struct SqliteUsers(pub(super) Sqlite);

impl SqliteUsers {
    /// The service's records.
    pub(crate) fn records() -> Records {
        Records::default()
            .with::<UserRecord>()
            .with::<Session>()
            .with::<Token>()
    }

    /// Queries on `db`.
    pub(crate) const fn new(db: Sqlite) -> Self {
        Self(db)
    }
}

#[async_trait]
impl Users for SqliteUsers {
    async fn by_email(&self, email: &Email) -> StoreResult<Option<User>> {
        let key = email.key().into();
        self.0
            .read(Read::Get, move |db| {
                let found = UserRecord::find_by(db, EMAIL_KEY, &key, 1)?;
                Ok(found.into_iter().next().map(|record| record.user))
            })
            .await
    }

    async fn forget(&self, now: Timestamp) -> StoreResult<()> {
        self.0
            .write(move |db| {
                for sql in [
                    "DELETE FROM refresh_tokens WHERE digest IN
                       (SELECT digest FROM refresh_tokens WHERE expires_at < ?1 LIMIT ?2)",
                    "DELETE FROM sessions WHERE id IN
                       (SELECT id FROM sessions WHERE expires_at < ?1 LIMIT ?2)",
                ] {
                    db.prepare_cached(sql)?.execute((now.as_millis(), FORGET))?;
                }
                Ok(())
            })
            .await
    }
}

store_sqlite::old_row!(UserRecord);

impl Row for UserRecord {
    const TABLE: &'static str = "users";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "name",
        "email",
        "email_key",
        "password_hash",
        "password_version",
        "roles",
        "created_at",
    ];
    const LOOKUPS: &'static [&'static str] = &[EMAIL_KEY];

    fn key_values(id: &Self::Key) -> Vec<Sql> {
        vec![blob(id.as_bytes())]
    }

    fn values(&self) -> Vec<Sql> {
        let user = &self.user;
        let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
        vec![
            blob(user.id.as_bytes()),
            user.name.as_str().to_owned().into(),
            user.email.as_str().to_owned().into(),
            user.email.key().to_owned().into(),
            user.password_hash.as_str().to_owned().into(),
            self.password_version.into(),
            roles.join(" ").into(),
            user.created_at.as_millis().into(),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        let roles: String = row.get(6)?;
        let fields = UserFields {
            id: id(row, 0)?,
            name: row.get(1)?,
            email: row.get(2)?,
            password_hash: row.get(4)?,
            roles: roles.split_whitespace().map(str::to_owned).collect(),
            created_at: row.get(7)?,
        };
        Ok(Self {
            user: fields.user()?,
            password_version: row.get(5)?,
        })
    }
}

store_sqlite::old_row!(Session);

impl Row for Session {
    const TABLE: &'static str = "sessions";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "user_id",
        "password_version",
        "token",
        "created_at",
        "expires_at",
    ];

    fn key_values(id: &Self::Key) -> Vec<Sql> {
        vec![blob(id.as_bytes())]
    }

    fn values(&self) -> Vec<Sql> {
        vec![
            blob(self.id.as_bytes()),
            blob(self.user.as_bytes()),
            self.password_version.into(),
            blob(&self.token),
            self.created_at.as_millis().into(),
            self.expires_at.as_millis().into(),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        Ok(Self {
            id: id(row, 0)?,
            user: id(row, 1)?,
            password_version: row.get(2)?,
            token: row.get(3)?,
            created_at: Timestamp::from_millis(row.get(4)?),
            expires_at: Timestamp::from_millis(row.get(5)?),
        })
    }
}

store_sqlite::old_row!(Token);

impl Row for Token {
    const TABLE: &'static str = "refresh_tokens";
    const COLUMNS: &'static [&'static str] = &["digest", "session_id", "user_id", "expires_at"];

    fn key_values(digest: &TokenDigest) -> Vec<Sql> {
        vec![blob(digest)]
    }

    fn values(&self) -> Vec<Sql> {
        vec![
            blob(&self.digest),
            blob(self.session.as_bytes()),
            blob(self.user.as_bytes()),
            self.expires_at.as_millis().into(),
        ]
    }

    fn read(row: &rusqlite::Row<'_>) -> StoreResult<Self> {
        Ok(Self {
            digest: row.get(0)?,
            session: id(row, 1)?,
            user: id(row, 2)?,
            expires_at: Timestamp::from_millis(row.get(3)?),
        })
    }
}
