//! A login and its refresh tokens: a family in which each token is valid once and is exchanged for the next (refresh token
//! rotation, RFC 9700 section 4.14.2). If a token is reused, a thief presented it either after its owner or before. The
//! service cannot distinguish the two, so it revokes the whole family.

use kernel::{SessionId, Timestamp, UserId};

/// SHA-256 of a refresh token. The token itself is not stored.
pub(crate) type TokenDigest = [u8; 32];

/// A login to be recorded, with its first refresh token.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) token: NextToken,
}

/// The next token of its family.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NextToken {
    pub(crate) digest: TokenDigest,
    pub(crate) expires_at: Timestamp,
}

/// The known state of a refresh token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefreshToken {
    pub(crate) expires_at: Timestamp,
    pub(crate) state: TokenState,
}

/// Whether a token was exchanged for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenState {
    Unused,
    Used,
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

/// Judges a token presented at `now`.
pub(crate) fn present(token: &RefreshToken, now: Timestamp) -> Presented {
    match token.state {
        TokenState::Used => Presented::EndSession,
        TokenState::Unused if now < token.expires_at => Presented::Rotate,
        TokenState::Unused => Presented::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: Timestamp = Timestamp::from_millis(1_000_000);

    fn token(state: TokenState) -> RefreshToken {
        RefreshToken {
            expires_at: EXPIRY,
            state,
        }
    }

    #[test]
    fn a_token_is_good_once_and_until_it_expires() {
        let (before, at) = (Timestamp::from_millis(999_999), EXPIRY);
        assert_eq!(
            present(&token(TokenState::Unused), before),
            Presented::Rotate
        );
        assert_eq!(present(&token(TokenState::Unused), at), Presented::Refuse);
        for now in [before, at] {
            assert_eq!(
                present(&token(TokenState::Used), now),
                Presented::EndSession
            );
        }
    }
}
