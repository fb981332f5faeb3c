//! The records that the service loads and saves: each is one row or document on both engines.
//!
//! Each rule about logins relies on a record that all conflicting operations write:
//!
//! - Rotating a token and ending a session both write the session, which names its one unused token. If two requests present the
//!   same token, only one can rotate it. Used tokens need no flag of their own.
//! - Changing a password increments the user's `password_version`. A session is valid only while it has the same version, so one
//!   write ends all others. That includes a session opened by a concurrent login that has not seen the change.
//! - An email belongs to the first user that the unique index accepts.
//! - The addresses of a user are one record: how many there are, and that one is the default, is decided on what is written.
//!
//! Expired records are deleted some time later. Until then the domain refuses them.

use std::time::Duration;

use auth::{PasswordHash, Role};
use kernel::{Invalid, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;
use store::{Expires, Plain, Record, Register, Row, StoreError, StoreResult, Value};

use crate::domain::{AddressBook, Email, Session, Token, TokenDigest, User, UserName};

/// The field for looking up a user by email: the email in lower case, as compared.
pub(crate) const EMAIL_KEY: &str = "email_key";

impl Record for User {
    const NAME: &'static str = "user";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.id
    }

    fn lookup(&self, field: &'static str) -> Option<Value> {
        (field == EMAIL_KEY).then(|| self.email.key().into())
    }
}

/// A user as stored.
#[derive(Serialize, Deserialize)]
pub struct UserFields {
    #[serde(rename = "_id")]
    id: UserId,
    name: String,
    name_version: i64,
    email: String,
    email_key: String,
    password_hash: String,
    password_version: i64,
    roles: Vec<Role>,
    created_at: Timestamp,
}

impl Row for User {
    const TABLE: &'static str = "users";
    const LOOKUPS: &'static [&'static str] = &[EMAIL_KEY];

    type Id = UserId;
    type Fields = UserFields;

    fn id(user: &UserId) -> UserId {
        *user
    }

    fn fields(&self) -> impl Serialize {
        UserFields {
            id: self.id,
            name: self.name.as_str().to_owned(),
            name_version: self.name_version,
            email: self.email.as_str().to_owned(),
            email_key: self.email.key().to_owned(),
            password_hash: self.password_hash.as_str().to_owned(),
            password_version: self.password_version,
            roles: self.roles.clone(),
            created_at: self.created_at,
        }
    }

    fn from_fields(fields: UserFields) -> StoreResult<Self> {
        let id = fields.id;
        let wrong = |what: &'static str| {
            move |invalid: Invalid| {
                StoreError::Corrupt(format!("the {what} of user {id}: {}", invalid.code))
            }
        };
        let mut roles = fields.roles;
        roles.sort_unstable();
        Ok(Self {
            id,
            name: UserName::parse(&fields.name).map_err(wrong("name"))?,
            name_version: fields.name_version,
            email: Email::parse(&fields.email).map_err(wrong("email"))?,
            password_hash: PasswordHash::parse(fields.password_hash)
                .map_err(wrong("password hash"))?,
            password_version: fields.password_version,
            roles,
            created_at: fields.created_at,
        })
    }
}

impl Record for Session {
    const NAME: &'static str = "session";
    type Key = SessionId;

    fn key(&self) -> SessionId {
        self.id
    }
}

/// As soon as the time is over.
const EXPIRES: Option<Expires> = Some(Expires {
    field: "expires_at",
    after: Duration::ZERO,
});

impl Plain for Session {
    const TABLE: &'static str = "sessions";
    const EXPIRES: Option<Expires> = EXPIRES;
}

impl Record for Token {
    const NAME: &'static str = "refresh token";
    type Key = TokenDigest;

    fn key(&self) -> TokenDigest {
        self.digest
    }
}

impl Row for Token {
    const TABLE: &'static str = "refresh_tokens";
    const EXPIRES: Option<Expires> = EXPIRES;

    type Id = ByteArray<32>;
    type Fields = Self;

    fn id(digest: &TokenDigest) -> ByteArray<32> {
        ByteArray::new(*digest)
    }

    fn fields(&self) -> impl Serialize {
        self
    }

    fn from_fields(token: Self) -> StoreResult<Self> {
        Ok(token)
    }
}

impl Record for AddressBook {
    const NAME: &'static str = "address book";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user
    }
}

impl Plain for AddressBook {
    const TABLE: &'static str = "address_books";
}

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records
        .row::<User>()
        .row::<Session>()
        .row::<Token>()
        .row::<AddressBook>()
}
