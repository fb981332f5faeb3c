//! A login and its refresh tokens: a family in which each token is valid once and is exchanged for the next (refresh token
//! rotation, RFC 9700 section 4.14.2). If a token is reused, a thief presented it either after its owner or before. The
//! service cannot distinguish the two, so it revokes the whole family.
//!
//! There is one exception. The answer to a refresh may be lost on the way. Its client still has the token that it presented, so it may
//! present it again for a short time, as long as the next one is unused, and gets the same next one. That one is stored sealed with the
//! token that it replaced, which is stored nowhere (`auth::OpaqueToken::seal`).

use std::time::Duration;

use kernel::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

/// SHA-256 of a refresh token. The token itself is not stored.
pub(crate) type TokenDigest = [u8; 32];

/// How long a token may be presented again after it was replaced.
const GRACE: Duration = Duration::from_secs(10);

/// How long logins last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Without being refreshed.
    pub(crate) refresh_lifetime: Duration,
    /// At all.
    pub(crate) login_lifetime: Duration,
}

impl Terms {
    /// When a login that began at `began` ends unless it is refreshed after `now`.
    pub(crate) fn expiry(&self, began: Timestamp, now: Timestamp) -> Timestamp {
        let end = began.plus(self.login_lifetime);
        now.plus(self.refresh_lifetime).min(end)
    }
}

/// What a login was made with, for its owner to recognise it by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Device {
    /// What the client says it is.
    pub(crate) user_agent: Option<String>,
    /// The network that it came from.
    pub(crate) network: Option<String>,
}

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
    /// The digest of the token that it replaced. None for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaced: Option<ByteArray<32>>,
    /// The unused token, sealed with the one that it replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<ByteArray<32>>,
    pub(crate) created_at: Timestamp,
    /// When its unused token was issued.
    pub(crate) last_used_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// See [`Device`]; that of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<String>,
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

    /// The session after its unused token was exchanged for `next` at `now`.
    pub(crate) fn rotated(&self, next: &NextToken, terms: &Terms, now: Timestamp) -> Self {
        Self {
            token: next.digest,
            replaced: Some(ByteArray::new(self.token)),
            sealed: Some(ByteArray::new(next.sealed)),
            last_used_at: now,
            expires_at: terms.expiry(self.created_at, now),
            user_agent: next.device.user_agent.clone(),
            network: next.device.network.clone(),
            ..self.clone()
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

/// The next token of its family, and who presented the one before.
#[derive(Debug, Clone)]
pub(crate) struct NextToken {
    pub(crate) digest: TokenDigest,
    /// The token, sealed with the one that it replaces.
    pub(crate) sealed: [u8; 32],
    pub(crate) device: Device,
}

/// What to do with a presented token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented {
    /// It is valid: mark it used and issue the next one.
    Rotate,
    /// It was used a moment ago, and the next one, which is sealed in this, was not: give that one again.
    Repeat([u8; 32]),
    /// It was used before: end the session.
    EndSession,
    /// It has expired.
    Refuse,
}

/// Judges a `token` of `session`, presented at `now`.
pub(crate) fn present(
    token: &Token,
    session: &Session,
    terms: &Terms,
    now: Timestamp,
) -> Presented {
    // The setting may have been lowered since.
    let is_over = now >= session.created_at.plus(terms.login_lifetime);
    if token.digest == session.token {
        return if is_over || now >= token.expires_at {
            Presented::Refuse
        } else {
            Presented::Rotate
        };
    }
    let was_last = session.replaced == Some(ByteArray::new(token.digest));
    match session.sealed.filter(|_| was_last) {
        Some(sealed) if !is_over && now < session.last_used_at.plus(GRACE) => {
            Presented::Repeat(*sealed)
        }
        Some(_) | None => Presented::EndSession,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    const START: Timestamp = Timestamp::from_millis(1_000_000_000);
    const TERMS: Terms = Terms {
        refresh_lifetime: Duration::from_hours(1),
        login_lifetime: Duration::from_hours(3),
    };

    fn session() -> Session {
        let ids = SystemIds::default();
        Session {
            id: SessionId::new(&ids),
            user: UserId::new(&ids),
            password_version: 0,
            token: [1; 32],
            replaced: None,
            sealed: None,
            created_at: START,
            last_used_at: START,
            expires_at: TERMS.expiry(START, START),
            user_agent: None,
            network: None,
        }
    }

    fn next(number: u8) -> NextToken {
        NextToken {
            digest: [number; 32],
            sealed: [number + 100; 32],
            device: Device::default(),
        }
    }

    fn after(start: Timestamp, millis: u64) -> Timestamp {
        start.plus(Duration::from_millis(millis))
    }

    #[test]
    fn a_token_is_good_once_and_until_it_expires() {
        let session = session();
        let token = session.unused_token();
        let presented = |now| present(&token, &session, &TERMS, now);
        assert_eq!(presented(after(START, 3_599_999)), Presented::Rotate);
        assert_eq!(presented(after(START, 3_600_000)), Presented::Refuse);
    }

    #[test]
    fn a_token_that_was_replaced_a_moment_ago_gives_the_same_next_one() {
        let first = session();
        let now = after(START, 60_000);
        let second = first.rotated(&next(2), &TERMS, now);
        let used = first.unused_token();
        for (millis, expected) in [
            (0, Presented::Repeat([102; 32])),
            (9_999, Presented::Repeat([102; 32])),
            (10_000, Presented::EndSession),
        ] {
            let presented = present(&used, &second, &TERMS, after(now, millis));
            assert_eq!(presented, expected, "{millis}");
        }
        // The next one was used.
        let third = second.rotated(&next(3), &TERMS, now);
        assert_eq!(present(&used, &third, &TERMS, now), Presented::EndSession);
        let used = second.unused_token();
        let repeated = present(&used, &third, &TERMS, now);
        assert_eq!(repeated, Presented::Repeat([103; 32]));
    }

    #[test]
    fn a_login_ends_however_often_it_is_refreshed() {
        let mut session = session();
        for half_hours in 1..6 {
            let now = START.plus(half_hours * Duration::from_mins(30));
            let token = session.unused_token();
            assert_eq!(present(&token, &session, &TERMS, now), Presented::Rotate);
            session = session.rotated(&next(2), &TERMS, now);
        }
        assert_eq!(session.expires_at, START.plus(TERMS.login_lifetime));
        let token = session.unused_token();
        let lower = Terms {
            login_lifetime: Duration::from_hours(2),
            ..TERMS
        };
        let now = START.plus(Duration::from_mins(151));
        assert_eq!(present(&token, &session, &TERMS, now), Presented::Rotate);
        assert_eq!(present(&token, &session, &lower, now), Presented::Refuse);
    }
}
