//! The records that the service loads and saves: each is one row or document on both engines.
//!
//! Each rule about logins relies on a record that all conflicting operations write:
//!
//! - Rotating a token and ending a session both write the session, which names its one unused token. If two requests present the
//!   same token, only one can rotate it. Used tokens need no flag of their own.
//! - Changing a password increments the user's `password_version`, as suspending them does. A session is valid only while it has the same
//!   version, so one write ends all others. That includes a session opened by a concurrent login that has not seen the change.
//! - Revoking access tokens increments the user's `access_version`, or deletes a session, and writes the revocation in the same transaction.
//!   A token carries the version that was read together with its roles.
//! - The administrators are one record, so the last one is known.
//! - An email belongs to the first user that the unique index accepts.
//! - Creating an administrator ends the setup, which is one record: of two concurrent attempts, one succeeds.
//! - Using a link of a mail writes the contact or the user, and checks the version that the link was made for. Of two concurrent uses, one
//!   finds that version.
//! - Setting up, confirming, using and turning off a second factor write its record. It holds the time of the last code used and the unused
//!   recovery codes: of many concurrent uses of one code, one succeeds. Whether the factor is on is a field of the user.
//! - The addresses of a user are one record, so their number and the default are decided on what is written.
//!
//! Expired records are deleted some time later. Until then the domain refuses them.

mod revocation;

use std::time::Duration;

use auth::{PasswordHash, Role};
use kernel::{AuditId, Invalid, Metadata, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;
use store::{Expires, Plain, Record, Register, Row, StoreError, StoreResult, Value};

use crate::domain::{
    AddressBook, Admins, AuditEntry, Contact, Decision, Email, Notifications, Proof, SecondFactor,
    Seller, Session, Setup, Subject, Tally, Token, TokenDigest, User, UserName,
};

pub(crate) use revocation::KeptRevocation;

/// The field for looking up a user by email: the email in lower case, as compared.
pub(crate) const EMAIL_KEY: &str = "email_key";

/// The field for looking up the sessions of a user.
pub(crate) const USER: &str = "user";

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
    access_version: i64,
    roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspension: Option<Decision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second_factor_since: Option<Timestamp>,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
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
            access_version: self.access_version,
            roles: self.roles.clone(),
            suspension: self.suspension.clone(),
            second_factor_since: self.second_factor_since,
            created_at: self.created_at,
            metadata: self.metadata.clone().map(Metadata::into_string),
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
            access_version: fields.access_version,
            roles,
            suspension: fields.suspension,
            second_factor_since: fields.second_factor_since,
            created_at: fields.created_at,
            metadata: fields.metadata.map(Metadata::stored),
        })
    }
}

impl Record for Session {
    const NAME: &'static str = "session";
    type Key = SessionId;

    fn key(&self) -> SessionId {
        self.id
    }

    fn lookup(&self, field: &'static str) -> Option<Value> {
        (field == USER).then(|| self.user.as_uuid().into())
    }
}

/// As soon as the time is over.
const EXPIRES: Option<Expires> = Some(Expires {
    field: "expires_at",
    after: Duration::ZERO,
});

impl Plain for Session {
    const TABLE: &'static str = "sessions";
    const LOOKUPS: &'static [&'static str] = &[USER];
    const EXPIRES: Option<Expires> = EXPIRES;
}

/// Maps records whose key is a digest. It is stored as bytes; the rest as serde writes it.
macro_rules! by_digest {
    ($($record:ident: $name:literal, in $table:literal, by $field:ident: $digest:ty;)+) => {$(
        impl Record for $record {
            const NAME: &'static str = $name;
            type Key = $digest;

            fn key(&self) -> $digest {
                self.$field
            }
        }

        impl Row for $record {
            const TABLE: &'static str = $table;
            const EXPIRES: Option<Expires> = EXPIRES;

            type Id = ByteArray<32>;
            type Fields = Self;

            fn id(digest: &$digest) -> ByteArray<32> {
                ByteArray::new(*digest)
            }

            fn fields(&self) -> impl Serialize {
                self
            }

            fn from_fields(fields: Self) -> StoreResult<Self> {
                Ok(fields)
            }
        }
    )+};
}

by_digest! {
    Token: "refresh token", in "refresh_tokens", by digest: TokenDigest;
    Tally: "tally of guesses", in "guesses", by subject: Subject;
    Proof: "proof", in "proofs", by digest: TokenDigest;
}

/// Maps records that are stored as serde writes them and found only by their key.
macro_rules! plain {
    ($($record:ident: $name:literal, in $table:literal, by $field:ident: $key:ty;)+) => {$(
        impl Record for $record {
            const NAME: &'static str = $name;
            type Key = $key;

            fn key(&self) -> $key {
                self.$field
            }
        }

        impl Plain for $record {
            const TABLE: &'static str = $table;
        }
    )+};
}

plain! {
    AddressBook: "address book", in "address_books", by user: UserId;
    Admins: "list of administrators", in "admins", by id: i64;
    AuditEntry: "audit entry", in "audit_log", by id: AuditId;
    Contact: "contact", in "contacts", by user: UserId;
    Notifications: "notifications", in "notifications", by user: UserId;
    SecondFactor: "second factor", in "second_factors", by user: UserId;
    Seller: "seller", in "sellers", by user: UserId;
    Setup: "setup", in "setup", by id: i64;
}

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records
        .row::<User>()
        .row::<Session>()
        .row::<Token>()
        .row::<Tally>()
        .row::<AddressBook>()
        .row::<Seller>()
        .row::<Setup>()
        .row::<KeptRevocation>()
        .row::<Admins>()
        .row::<AuditEntry>()
        .row::<Contact>()
        .row::<Notifications>()
        .row::<Proof>()
        .row::<SecondFactor>()
}
