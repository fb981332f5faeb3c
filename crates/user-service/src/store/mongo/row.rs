//! Documents into values and back. A document that does not decode is corrupt, never skipped.

use std::sync::Arc;

use auth::{PasswordHash, Role};
use kernel::{Invalid, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::{StoreError, StoreResult};
use store_mongo::bson::{Binary, Bson, DateTime, Uuid, doc};
use store_mongo::{Mongo, Row, Unit, binary, corrupt, date, from_id, id};

use crate::domain::{
    Email, NewSession, NextToken, RefreshToken, TokenDigest, TokenState, User, UserName,
};

/// The field that a user is looked up by.
const EMAIL_KEY: &str = "email_key";

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct UserRow {
    #[serde(rename = "_id")]
    pub(super) id: Uuid,
    pub(super) name: String,
    email: String,
    /// The address as it is compared: in lower case.
    pub(super) email_key: String,
    pub(super) password_hash: String,
    /// How often the password was changed. Only sessions with the same number count.
    pub(super) password_version: i64,
    pub(super) roles: Vec<String>,
    created_at: i64,
}

/// A login: a family of refresh tokens. It lives as long as its newest token; to end it is to delete it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SessionRow {
    #[serde(rename = "_id")]
    pub(super) id: Uuid,
    pub(super) user: Uuid,
    pub(super) password_version: i64,
    /// The digest of its one token that was not used yet.
    pub(super) token: Binary,
    created_at: i64,
    pub(super) expires_at: DateTime,
}

/// A refresh token, by its SHA-256. Used ones stay until they expire, so that their second use is noticed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TokenRow {
    #[serde(rename = "_id")]
    digest: Binary,
    pub(super) session: Uuid,
    pub(super) user: Uuid,
    expires_at: DateTime,
}

impl Row for UserRow {
    const COLLECTION: &'static str = "users";
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }

    fn looked_up_by(&self, field: &'static str) -> Option<Bson> {
        (field == EMAIL_KEY).then(|| Bson::from(self.email_key.as_str()))
    }
}

impl Row for SessionRow {
    const COLLECTION: &'static str = "sessions";
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

impl Row for TokenRow {
    const COLLECTION: &'static str = "refresh_tokens";
    type Key = Binary;

    fn key(&self) -> Binary {
        self.digest.clone()
    }
}

/// Who has this email, among the documents of a unit.
pub(super) fn by_email(unit: &mut Unit, key: &str) -> StoreResult<Option<Arc<UserRow>>> {
    let found = unit.find_by::<UserRow>(EMAIL_KEY, Bson::from(key))?;
    Ok(found.into_iter().next())
}

/// Who has this email.
pub(super) async fn find_by_email(db: &Mongo, key: &str) -> StoreResult<Option<UserRow>> {
    let filter = doc! { EMAIL_KEY: key };
    let found = db.find(UserRow::COLLECTION, filter, doc! {}, 1).await?;
    Ok(found.into_iter().next())
}

/// A digest, as it is kept.
pub(super) fn digest(digest: &TokenDigest) -> Binary {
    binary(*digest)
}

impl UserRow {
    /// The document of a new user.
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: id(user.id),
            name: user.name.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            password_hash: user.password_hash.as_str().to_owned(),
            password_version: 0,
            roles: user.roles.iter().map(ToString::to_string).collect(),
            created_at: user.created_at.as_millis(),
        }
    }

    /// Whose it is.
    pub(super) fn id(&self) -> UserId {
        from_id(self.id)
    }

    /// The user it says.
    pub(super) fn read(self) -> StoreResult<User> {
        let id = self.id();
        let wrong = |what: &str, invalid: &Invalid| -> StoreError {
            corrupt(format!("the {what} of user {id}: {}", invalid.code))
        };
        let roles = self.roles.iter().map(|word| word.parse());
        let mut roles = roles
            .collect::<Result<Vec<Role>, Invalid>>()
            .map_err(|invalid| wrong("roles", &invalid))?;
        roles.sort_unstable();
        Ok(User {
            id,
            name: UserName::parse(&self.name).map_err(|invalid| wrong("name", &invalid))?,
            email: Email::parse(&self.email).map_err(|invalid| wrong("email", &invalid))?,
            password_hash: PasswordHash::parse(self.password_hash)
                .map_err(|invalid| wrong("password hash", &invalid))?,
            roles,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

impl SessionRow {
    /// The document of a new session of someone whose password was changed so often.
    pub(super) fn open(session: &NewSession, password_version: i64) -> Self {
        Self {
            id: id(session.id),
            user: id(session.user),
            password_version,
            token: digest(&session.token.digest),
            created_at: session.created_at.as_millis(),
            expires_at: date(session.token.expires_at),
        }
    }

    /// Which one it is.
    pub(super) fn id(&self) -> SessionId {
        from_id(self.id)
    }
}

impl TokenRow {
    /// The document of a token of `session`.
    pub(super) fn of(token: &NextToken, session: &SessionRow) -> Self {
        Self {
            digest: digest(&token.digest),
            session: session.id,
            user: session.user,
            expires_at: date(token.expires_at),
        }
    }

    /// The token it says.
    pub(super) fn read(&self, session: &SessionRow) -> RefreshToken {
        RefreshToken {
            expires_at: Timestamp::from_millis(self.expires_at.timestamp_millis()),
            state: if session.token == self.digest {
                TokenState::Unused
            } else {
                TokenState::Used
            },
        }
    }
}
