//! How a marketplace gets its first administrator: its operator has a single-use token, which makes one account an administrator.

use serde::{Deserialize, Serialize};

use super::TokenDigest;

/// Why the first administrator was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupRefusal {
    /// It is not the token that was made last.
    #[error("the setup token is wrong")]
    WrongToken,
    /// There is an administrator, or there was one.
    #[error("there is an administrator")]
    Done,
}

/// The one setup of a marketplace. What makes an administrator writes it, so two who try at once do not both succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setup {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    /// SHA-256 of the token that was made last; the token itself is not stored. None once there was an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    token: Option<TokenDigest>,
}

impl Setup {
    /// The key of the only one.
    pub(crate) const ID: i64 = 1;

    /// One that waits for the token with this digest.
    pub(crate) const fn open(token: TokenDigest) -> Self {
        Self {
            id: Self::ID,
            token: Some(token),
        }
    }

    /// One that takes no token any more.
    pub(crate) const fn done() -> Self {
        Self {
            id: Self::ID,
            token: None,
        }
    }

    pub(crate) const fn is_done(&self) -> bool {
        self.token.is_none()
    }

    /// Whether a token with this digest makes the first administrator. Before a token was made there is no setup, and none does.
    pub(crate) fn admit(setup: Option<&Self>, token: &TokenDigest) -> Result<(), SetupRefusal> {
        match setup {
            Some(setup) if setup.is_done() => Err(SetupRefusal::Done),
            Some(setup) if setup.token.as_ref() == Some(token) => Ok(()),
            Some(_) | None => Err(SetupRefusal::WrongToken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_made_last_is_taken_and_none_once_it_is_done() {
        let (first, second) = ([1; 32], [2; 32]);
        let wrong = Err(SetupRefusal::WrongToken);
        assert_eq!(Setup::admit(None, &first), wrong);
        let open = Setup::open(second);
        assert_eq!(Setup::admit(Some(&open), &first), wrong);
        assert_eq!(Setup::admit(Some(&open), &second), Ok(()));
        let done = Setup::done();
        let refused = Setup::admit(Some(&done), &second);
        assert_eq!(refused, Err(SetupRefusal::Done));
    }
}
