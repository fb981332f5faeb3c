//! How a user is reached by mail, and what of it they have still to prove.
//!
//! Its version rises with whatever makes earlier links void: a new address that is to be proved, and the use of a link. A user without
//! such a record registered while no mails were sent: there is nothing to prove.

use kernel::UserId;
use serde::{Deserialize, Serialize};

use super::{Email, Language};

/// How a user is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    /// Whose it is.
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    /// The language that they last asked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<Language>,
    /// Whether they have yet to show that their address is theirs. Until then they cannot log in.
    pub(crate) unverified: bool,
    /// The address that they want to have, once they have shown that it is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<Email>,
    /// Rises with whatever makes earlier links void.
    pub(crate) version: i64,
}

impl Contact {
    /// That of a user who has nothing to prove.
    pub(crate) const fn plain(user: UserId) -> Self {
        Self {
            user,
            language: None,
            unverified: false,
            pending: None,
            version: 0,
        }
    }

    /// That of a new user, who has to show that the address is theirs.
    pub(crate) fn unverified(user: UserId, language: Option<Language>) -> Self {
        Self {
            language,
            unverified: true,
            version: 1,
            ..Self::plain(user)
        }
    }

    /// Someone registers the address once more that was not proved: earlier links are void.
    pub(crate) fn again(&self, language: Option<Language>) -> Self {
        Self {
            language: language.or(self.language),
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }

    /// The address is theirs, and a link was used: all others are void.
    pub(crate) fn proved(&self) -> Self {
        Self {
            unverified: false,
            pending: None,
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }

    /// They want to have another address: all earlier links are void.
    pub(crate) fn wanting(&self, email: Email) -> Self {
        Self {
            pending: Some(email),
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }
}
