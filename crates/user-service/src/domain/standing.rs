//! What operators decide about a user: their roles, and whether they may use the marketplace at all.

use auth::Role;
use kernel::UserId;
use serde::{Deserialize, Serialize};

use super::{AuditAction, Decision, User};

/// A decision about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StandingMove {
    /// They have the role from their next token on.
    Grant(Role),
    /// They lose the role, and their tokens.
    Revoke(Role),
    /// They can do nothing any more, and their logins end.
    Suspend(Decision),
    /// They may log in again.
    Reinstate,
}

impl StandingMove {
    /// Its name in the audit log.
    pub(crate) const fn action(&self) -> AuditAction {
        match self {
            Self::Grant(_) => AuditAction::RoleGranted,
            Self::Revoke(_) => AuditAction::RoleRevoked,
            Self::Suspend(_) => AuditAction::UserSuspended,
            Self::Reinstate => AuditAction::UserReinstated,
        }
    }
}

/// Why a decision about a user was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StandingRefusal {
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// There is no such role.
    #[error("there is no such role")]
    NoSuchRole,
    /// They are suspended already.
    #[error("the user is suspended already")]
    IsSuspended,
    /// They are not suspended.
    #[error("the user is not suspended")]
    NotSuspended,
    /// The last administrator.
    #[error("the user is the last administrator")]
    LastAdmin,
}

impl User {
    /// The user after a decision. None if it changes nothing.
    ///
    /// What takes something from them raises their version, so that tokens issued before are worth nothing. A role that is added does not:
    /// earlier tokens are right as far as they go.
    ///
    /// # Errors
    /// [`StandingRefusal`].
    pub(crate) fn decided(&self, step: &StandingMove) -> Result<Option<Self>, StandingRefusal> {
        let mut user = self.clone();
        match step {
            StandingMove::Grant(role) if self.roles.contains(role) => return Ok(None),
            StandingMove::Grant(role) => {
                user.roles.push(*role);
                user.roles.sort_unstable();
            }
            StandingMove::Revoke(role) if !self.roles.contains(role) => return Ok(None),
            StandingMove::Revoke(role) => {
                user.roles.retain(|one| one != role);
                user.access_version = self.access_version.saturating_add(1);
            }
            StandingMove::Suspend(_) if self.suspension.is_some() => {
                return Err(StandingRefusal::IsSuspended);
            }
            StandingMove::Suspend(decision) => {
                user.suspension = Some(decision.clone());
                user.access_version = self.access_version.saturating_add(1);
                user.password_version = self.password_version.saturating_add(1);
            }
            StandingMove::Reinstate if self.suspension.is_none() => {
                return Err(StandingRefusal::NotSuspended);
            }
            StandingMove::Reinstate => user.suspension = None,
        }
        Ok(Some(user))
    }

    /// Whether they can administrate the marketplace.
    pub(crate) fn is_active_admin(&self) -> bool {
        self.suspension.is_none() && self.roles.contains(&Role::Admin)
    }
}

/// Who can administrate the marketplace. One record, which each change of an administrator writes: so of two who remove each other at the
/// same time, one stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Admins {
    #[serde(rename = "_id")]
    pub(crate) id: i64,
    pub(crate) users: Vec<UserId>,
}

impl Admins {
    pub(crate) const KEY: i64 = 1;

    /// Nobody.
    pub(crate) const fn none() -> Self {
        Self {
            id: Self::KEY,
            users: Vec::new(),
        }
    }

    /// With `user` as they are now, who is one of them or not.
    pub(crate) fn with(&self, user: &User) -> Self {
        let mut users = self.users.clone();
        users.retain(|one| *one != user.id);
        if user.is_active_admin() {
            users.push(user.id);
        }
        users.sort_unstable();
        Self { users, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use auth::PasswordHash;
    use kernel::{SystemIds, Timestamp};

    use super::*;
    use crate::domain::{Email, UserName};

    fn user() -> User {
        let hash = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        User {
            id: UserId::new(&SystemIds::default()),
            name: UserName::parse("Ada").unwrap(),
            name_version: 1,
            email: Email::parse("ada@example.com").unwrap(),
            password_hash: PasswordHash::parse(hash.to_owned()).unwrap(),
            password_version: 0,
            access_version: 0,
            roles: Vec::new(),
            suspension: None,
            second_factor_since: None,
            created_at: Timestamp::from_millis(0),
            metadata: None,
        }
    }

    fn suspend(by: UserId) -> StandingMove {
        StandingMove::Suspend(Decision {
            reason: "A test".to_owned(),
            by,
            at: Timestamp::from_millis(1),
        })
    }

    #[test]
    fn what_takes_something_makes_earlier_tokens_worthless_and_what_gives_does_not() {
        let ada = user();
        let grant = StandingMove::Grant(Role::Admin);
        let admin = ada.decided(&grant).unwrap().unwrap();
        assert_eq!((admin.access_version, admin.is_active_admin()), (0, true));
        assert_eq!(admin.decided(&grant), Ok(None));
        let both = admin.decided(&StandingMove::Grant(Role::Treasury));
        assert_eq!(both.unwrap().unwrap().roles, [Role::Admin, Role::Treasury]);
        let revoke = StandingMove::Revoke(Role::Admin);
        let plain = admin.decided(&revoke).unwrap().unwrap();
        assert_eq!((plain.access_version, plain.roles.len()), (1, 0));
        assert_eq!(plain.password_version, 0, "their logins stay");
        assert_eq!(plain.decided(&revoke), Ok(None));
    }

    #[test]
    fn a_suspension_ends_logins_and_keeps_roles_until_it_ends() {
        let ada = user().decided(&StandingMove::Grant(Role::Admin));
        let ada = ada.unwrap().unwrap();
        let suspended = ada.decided(&suspend(ada.id)).unwrap().unwrap();
        assert_eq!(
            (suspended.access_version, suspended.password_version),
            (1, 1)
        );
        assert!(!suspended.is_active_admin());
        let again = suspended.decided(&suspend(ada.id));
        assert_eq!(again, Err(StandingRefusal::IsSuspended));
        let back = suspended
            .decided(&StandingMove::Reinstate)
            .unwrap()
            .unwrap();
        assert!(back.is_active_admin());
        let again = back.decided(&StandingMove::Reinstate);
        assert_eq!(again, Err(StandingRefusal::NotSuspended));
    }

    #[test]
    fn the_administrators_are_those_who_can_act() {
        let admin = || user().decided(&StandingMove::Grant(Role::Admin));
        let (ada, bea) = (admin().unwrap().unwrap(), admin().unwrap().unwrap());
        let both = Admins::none().with(&ada).with(&bea).with(&ada);
        assert_eq!(both.users.len(), 2);
        let gone = ada.decided(&suspend(bea.id)).unwrap().unwrap();
        assert_eq!(both.with(&gone).users, [bea.id]);
    }
}
