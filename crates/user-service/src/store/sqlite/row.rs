//! Converts rows to values and back. A row that does not decode is reported as corrupt, never skipped.

use auth::{PasswordHash, Role};
use kernel::{Invalid, SessionId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Params, params};
use store::{StoreError, StoreResult};
use store_sqlite::{corrupt, id};

use crate::domain::{Email, RefreshToken, TokenDigest, TokenState, User, UserName};
use crate::store::Registered;

const USER: &str = "SELECT id, name, email, password_hash, created_at,
       (SELECT group_concat(role) FROM user_roles WHERE user_id = users.id)
  FROM users";

/// A refresh token with its session.
pub(super) struct KnownToken {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) token: RefreshToken,
}

/// Inserts a user with their roles, unless the email is taken.
pub(super) fn insert(tx: &Connection, user: &User) -> StoreResult<Registered> {
    let inserted = tx
        .prepare_cached(
            "INSERT INTO users (id, name, email, email_key, password_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (email_key) DO NOTHING",
        )?
        .execute(params![
            user.id.as_bytes(),
            user.name.as_str(),
            user.email.as_str(),
            user.email.key(),
            user.password_hash.as_str(),
            user.created_at.as_millis(),
        ])?;
    if inserted == 0 {
        return Ok(Registered::EmailTaken);
    }
    for role in &user.roles {
        insert_role(tx, user.id, *role)?;
    }
    Ok(Registered::Done)
}

pub(super) fn insert_role(tx: &Connection, user: UserId, role: Role) -> StoreResult<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO user_roles (user_id, role) VALUES (?1, ?2)")?
        .execute(params![user.as_bytes(), role.as_str()])?;
    Ok(())
}

pub(super) fn user(tx: &Connection, id: UserId) -> StoreResult<Option<User>> {
    select(tx, &format!("{USER} WHERE id = ?1"), [id.as_bytes()])
}

pub(super) fn user_by_email(tx: &Connection, key: &str) -> StoreResult<Option<User>> {
    select(tx, &format!("{USER} WHERE email_key = ?1"), [key])
}

fn select(tx: &Connection, sql: &str, values: impl Params) -> StoreResult<Option<User>> {
    let columns = tx
        .prepare_cached(sql)?
        .query_row(values, |row| {
            Ok((
                id::<UserId>(row, 0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, Option<String>>(5)?,
            ))
        })
        .optional()?;
    let Some((id, name, email, password_hash, created_at, roles)) = columns else {
        return Ok(None);
    };
    let wrong = |what: &str, invalid: &Invalid| -> StoreError {
        corrupt(format!("the {what} of user {id}: {}", invalid.code))
    };
    let mut roles = roles
        .iter()
        .flat_map(|roles| roles.split(','))
        .map(str::parse)
        .collect::<Result<Vec<Role>, Invalid>>()
        .map_err(|invalid| wrong("roles", &invalid))?;
    roles.sort_unstable();
    Ok(Some(User {
        id,
        name: UserName::parse(&name).map_err(|invalid| wrong("name", &invalid))?,
        email: Email::parse(&email).map_err(|invalid| wrong("email", &invalid))?,
        password_hash: PasswordHash::parse(password_hash)
            .map_err(|invalid| wrong("password hash", &invalid))?,
        roles,
        created_at: Timestamp::from_millis(created_at),
    }))
}

pub(super) fn token(tx: &Connection, digest: &TokenDigest) -> StoreResult<Option<KnownToken>> {
    let known = tx
        .prepare_cached(
            "SELECT s.id, s.user_id, t.expires_at, t.used_at
               FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
              WHERE t.digest = ?1",
        )?
        .query_row([digest], |row| {
            Ok(KnownToken {
                session: id(row, 0)?,
                user: id(row, 1)?,
                token: RefreshToken {
                    expires_at: Timestamp::from_millis(row.get(2)?),
                    state: match row.get::<_, Option<i64>>(3)? {
                        Some(_) => TokenState::Used,
                        None => TokenState::Unused,
                    },
                },
            })
        })
        .optional()?;
    Ok(known)
}
