//! The records that the service loads and saves.
//!
//! Each rule about logins relies on a record that all conflicting operations write:
//!
//! - Rotating a token and ending a session both write the session, which names its one unused token. If two requests present the
//!   same token, only one can rotate it. Used tokens need no flag of their own.
//! - Changing a password increments the user's `password_version`. A session is valid only while it has the same version, so one
//!   write ends all others. That includes a session opened by a concurrent login that has not seen the change.
//! - An email belongs to the first user that the unique index accepts.
//!
//! Expired records are deleted some time later. Until then the domain refuses them.

use kernel::{SessionId, Timestamp, UserId};
use store::{Record, Value};

use crate::domain::{NewSession, NextToken, RefreshToken, TokenDigest, TokenState, User};

/// The field for looking up a user by email: the email in lower case, as compared.
pub(crate) const EMAIL_KEY: &str = "email_key";

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRecord {
    /// The user as the service shows them.
    pub(crate) user: User,
    /// Number of password changes. Only sessions with the same number are valid.
    pub(crate) password_version: i64,
}

impl Record for UserRecord {
    const NAME: &'static str = "user";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user.id
    }

    fn lookup(&self, field: &'static str) -> Option<Value> {
        (field == EMAIL_KEY).then(|| self.user.email.key().into())
    }
}

/// A login: a family of refresh tokens. It lasts as long as its newest token. Deleting it ends the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    /// The user's version when the session was opened, or kept through a password change.
    pub(crate) password_version: i64,
    /// The digest of its one unused token.
    pub(crate) token: TokenDigest,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl Record for Session {
    const NAME: &'static str = "session";
    type Key = SessionId;

    fn key(&self) -> SessionId {
        self.id
    }
}

impl Session {
    /// A new session of a user with this `password_version`.
    pub(crate) fn open(new: &NewSession, password_version: i64) -> Self {
        Self {
            id: new.id,
            user: new.user,
            password_version,
            token: new.token.digest,
            created_at: new.created_at,
            expires_at: new.token.expires_at,
        }
    }
}

/// A refresh token, keyed by its SHA-256. Used tokens stay until they expire, so that reuse is detected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) digest: TokenDigest,
    pub(crate) session: SessionId,
    pub(crate) user: UserId,
    pub(crate) expires_at: Timestamp,
}

impl Record for Token {
    const NAME: &'static str = "refresh token";
    type Key = TokenDigest;

    fn key(&self) -> TokenDigest {
        self.digest
    }
}

impl Token {
    /// A new token of `session`.
    pub(crate) const fn of(next: &NextToken, session: &Session) -> Self {
        Self {
            digest: next.digest,
            session: session.id,
            user: session.user,
            expires_at: next.expires_at,
        }
    }

    /// The token's state, for the domain to judge.
    pub(crate) fn state(&self, session: &Session) -> RefreshToken {
        RefreshToken {
            expires_at: self.expires_at,
            state: if session.token == self.digest {
                TokenState::Unused
            } else {
                TokenState::Used
            },
        }
    }
}
