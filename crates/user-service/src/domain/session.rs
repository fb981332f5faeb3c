//! A login and its refresh tokens: a family in which each token is valid once and is exchanged for the next (refresh token
//! rotation, RFC 9700 section 4.14.2). If a token is reused, a thief presented it either after its owner or before. The
//! service cannot distinguish the two, so it revokes the whole family.

use kernel::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// SHA-256 of a refresh token. The token itself is not stored.
pub(crate) type TokenDigest = [u8; 32];

/// A login: a family of refresh tokens. It lasts as long as its newest token. Deleting it ends the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    #[serde(rename = "_id")]
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    /// The user's version when the session was opened, or kept through a password change.
    pub(crate) password_version: i64,
    /// The digest of its one unused token.
    #[serde(with = "serde_bytes")]
    pub(crate) token: TokenDigest,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl Session {
    /// Its one unused token.
    pub(crate) const fn unused_token(&self) -> Token {
        Token {
            digest: self.token,
            session: self.id,
            user: self.user,
            expires_at: self.expires_at,
        }
    }
}

/// A refresh token, keyed by its SHA-256. Used tokens stay until they expire, so that reuse is detected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    #[serde(rename = "_id", with = "serde_bytes")]
    pub(crate) digest: TokenDigest,
    pub(crate) session: SessionId,
    pub(crate) user: UserId,
    pub(crate) expires_at: Timestamp,
}

/// The next token of its family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NextToken {
    pub(crate) digest: TokenDigest,
    pub(crate) expires_at: Timestamp,
}

/// What to do with a presented token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    /// It is valid: mark it used and issue the next one.
    Rotate,
    /// It was used before: end the session.
    EndSession,
    /// It has expired.
    Refuse,
}

/// Judges a `token` of `session`, presented at `now`.
pub(crate) fn present(token: &Token, session: &Session, now: Timestamp) -> Presented {
    if token.digest != session.token {
        Presented::EndSession
    } else if now < token.expires_at {
        Presented::Rotate
    } else {
        Presented::Refuse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    const EXPIRY: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn a_token_is_good_once_and_until_it_expires() {
        let ids = SystemIds::default();
        let session = Session {
            id: SessionId::new(&ids),
            user: UserId::new(&ids),
            password_version: 0,
            token: [2; 32],
            created_at: Timestamp::from_millis(0),
            expires_at: EXPIRY,
        };
        let unused = session.unused_token();
        let used = Token {
            digest: [1; 32],
            ..unused.clone()
        };
        let (before, at) = (Timestamp::from_millis(999_999), EXPIRY);
        assert_eq!(present(&unused, &session, before), Presented::Rotate);
        assert_eq!(present(&unused, &session, at), Presented::Refuse);
        for now in [before, at] {
            assert_eq!(present(&used, &session, now), Presented::EndSession);
        }
    }
}
