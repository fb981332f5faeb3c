//! A registered user.

use std::fmt;

use auth::{PasswordHash, Role};
use kernel::{Invalid, Metadata, Timestamp, UserId, one_line};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Decision, Email};

/// A user's display name: 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl PartialSchema for UserName {
    fn schema() -> RefOr<Schema> {
        kernel::text_schema::one_line(Self::MIN, Self::MAX)
    }
}

impl ToSchema for UserName {}

impl UserName {
    const MIN: usize = 1;
    const MAX: usize = 100;

    /// Parses a name without the white space around it.
    ///
    /// # Errors
    /// As [`kernel::one_line`].
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        one_line(raw, Self::MIN, Self::MAX).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserName {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their permanent id.
    pub id: UserId,
    /// Their display name.
    pub name: UserName,
    /// Which name it is: 1 for that of the registration, and one more with each change.
    pub name_version: i64,
    /// Their email address, which they also log in with.
    pub email: Email,
    /// The hash of their password.
    pub password_hash: PasswordHash,
    /// How often all logins were ended: by a change of the password, by the user, by a suspension. Only sessions with the same number are
    /// valid.
    pub password_version: i64,
    /// How often the access tokens issued before were made worthless. Each has the number of its time.
    pub access_version: i64,
    /// Roles that grant additional permissions, in the order of [`Role`].
    pub roles: Vec<Role>,
    /// The decision by which an operator suspended them, if one did. Until they are reinstated, they cannot log in.
    pub(crate) suspension: Option<Decision>,
    /// Since when a login of theirs needs a code, too. None: it does not.
    pub(crate) second_factor_since: Option<Timestamp>,
    /// When they registered.
    pub created_at: Timestamp,
    /// What they keep with their profile.
    pub metadata: Option<Metadata>,
}

/// Replaces the address of an erased user. No mail is ever delivered there (RFC 6761 section 6.4).
pub(crate) fn address_of_nobody(id: UserId) -> String {
    format!("{id}@deleted.invalid")
}

impl User {
    /// Whether the user was erased.
    pub(crate) fn is_erased(&self) -> bool {
        self.email.as_str() == address_of_nobody(self.id)
    }

    /// The user under another name, and with other metadata if there is some. None if that is what they have.
    #[must_use]
    pub fn edited(&self, name: UserName, metadata: Option<Metadata>) -> Option<Self> {
        let renamed = i64::from(name != self.name);
        let edited = Self {
            name,
            name_version: self.name_version.saturating_add(renamed),
            metadata: metadata.or_else(|| self.metadata.clone()),
            ..self.clone()
        };
        (edited != *self).then_some(edited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_100_characters() {
        assert_eq!(UserName::parse(" Ada ").unwrap().as_str(), "Ada");
        assert!(UserName::parse(&"ä".repeat(100)).is_ok());
        for (bad, code) in [
            ("", "too_short"),
            ("  ", "too_short"),
            (&*"ä".repeat(101), "too_long"),
            ("a\u{7}b", "invalid_character"),
        ] {
            assert_eq!(UserName::parse(bad).unwrap_err().code, code, "{bad}");
        }
    }
}
