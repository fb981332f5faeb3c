//! The user behind a request, as their token states it.

use std::fmt;
use std::str::FromStr;

use kernel::{Invalid, SessionId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A permission beyond those of every user.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees every order.
    Admin,
    /// Puts money into the marketplace and takes it out.
    Treasury,
}

kernel::words!(Role { Admin = "admin", Treasury = "treasury" });

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Invalid;
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        Self::of(raw).ok_or_else(|| Invalid::new("unknown_role", "must be admin or treasury"))
    }
}

/// A request's verified caller. Declare it as a handler argument; without a valid token the answer is 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who they are.
    pub user: UserId,
    /// What else they may do.
    pub roles: Vec<Role>,
    /// The login they came with.
    pub session: SessionId,
}

impl Caller {
    /// Whether they have `role`.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_word_everywhere() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!("root".parse::<Role>().unwrap_err().code, "unknown_role");
    }
}
