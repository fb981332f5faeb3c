//! The secret in a link of a mail. Following the link proves access to the address.

use std::time::Duration;

use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Contact, TokenDigest, User};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// To show that the address of a new user is theirs.
    Verify,
    /// To set another password without the present one.
    Reset,
    /// To change the address.
    ChangeEmail,
}

/// A link's secret, keyed by its SHA-256. It is good once: its use changes a version that it was made for, so that no other link of the
/// same user is good any more either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// The SHA-256 of the secret.
    #[serde(rename = "_id", with = "serde_bytes")]
    pub(crate) digest: TokenDigest,
    /// Who gets the link.
    pub(crate) user: UserId,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// The contact's version that it is good for.
    pub(crate) contact_version: i64,
    /// The password's version that it is good for.
    pub(crate) password_version: i64,
    /// Until when it is good.
    pub(crate) expires_at: Timestamp,
}

impl Proof {
    /// How long a link is good.
    pub(crate) const LIFETIME: Duration = Duration::from_mins(15);

    /// The proof for a link that is made at `now`.
    pub(crate) fn new(
        digest: TokenDigest,
        purpose: Purpose,
        user: &User,
        contact: &Contact,
        now: Timestamp,
    ) -> Self {
        Self {
            digest,
            user: user.id,
            purpose,
            contact_version: contact.version,
            password_version: user.password_version,
            expires_at: now.plus(Self::LIFETIME),
        }
    }

    /// Whether it is still good.
    pub(crate) fn holds(&self, user: &User, contact: &Contact, now: Timestamp) -> bool {
        now < self.expires_at
            && self.user == user.id
            && self.contact_version == contact.version
            && self.password_version == user.password_version
    }
}
