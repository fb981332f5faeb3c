//! What the service loads and saves.
//!
//! Each rule about logins hangs on a record that all who must not race write:
//!
//! - a rotation and an end write the session, which names its one unused token: of two that present a token, one is the second, and used
//!   tokens need no mark of their own;
//! - a changed password raises the user's `password_version`. A session counts only while it has the same one, so one write ends all
//!   others, also those that a login opens at the same moment without having seen the change;
//! - an email is taken by the first user that the unique index accepts.
//!
//! What has expired is deleted some time later: until then the domain refuses it.

use kernel::{SessionId, Timestamp, UserId};
use store::{Record, Value};

use crate::domain::{NewSession, NextToken, RefreshToken, TokenDigest, TokenState, User};

/// The field that a user is looked up by: the email as it is compared, in lower case.
pub(crate) const EMAIL_KEY: &str = "email_key";

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRecord {
    /// As the service shows them.
    pub(crate) user: User,
    /// How often the password was changed. Only sessions with the same number count.
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

/// A login: a family of refresh tokens. It lives as long as its newest token; to end it is to delete it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    /// The user's when it was opened, or kept.
    pub(crate) password_version: i64,
    /// The digest of its one token that was not used yet.
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

/// A refresh token, by its SHA-256. Used ones stay until they expire, so that their second use is noticed.
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

    /// What the domain judges.
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
