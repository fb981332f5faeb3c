//! Access tokens that are refused before they expire: those of a login that has ended, and those issued before their owner's roles,
//! password or standing changed.
//!
//! Each user has a version, which every token of theirs carries. What makes the tokens issued so far worthless raises it, in the
//! transaction that does so. A token is judged by its version and not by its time of issue: clocks and seconds decide nothing.

use std::collections::{HashMap, HashSet};

use kernel::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Tokens of one user that are refused from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// Whose tokens.
    pub user: UserId,
    /// Those of this login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Those of an earlier version than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<i64>,
    /// Except those of this login, which may have an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<SessionId>,
    /// When all these tokens have expired, and the revocation can be forgotten.
    pub until: Timestamp,
}

impl Revocation {
    /// Ends the tokens of a login.
    #[must_use]
    pub const fn of_session(user: UserId, session: SessionId, until: Timestamp) -> Self {
        Self {
            user,
            session: Some(session),
            below: None,
            except: None,
            until,
        }
    }

    /// Ends the tokens of `user` that are older than `version`, except those of one login.
    #[must_use]
    pub const fn of_user(
        user: UserId,
        version: i64,
        except: Option<SessionId>,
        until: Timestamp,
    ) -> Self {
        Self {
            user,
            session: None,
            below: Some(version),
            except,
            until,
        }
    }
}

/// What is revoked, by user: a token costs one lookup.
#[derive(Debug, Default)]
pub(super) struct RevocationList(HashMap<UserId, Revoked>);

#[derive(Debug, Default)]
struct Revoked {
    below: i64,
    except: Option<SessionId>,
    sessions: HashSet<SessionId>,
    until: Timestamp,
}

impl RevocationList {
    /// Adds a revocation. Adding one again, or an older one after a newer one, changes nothing.
    pub(super) fn add(&mut self, revocation: &Revocation) {
        let revoked = self.0.entry(revocation.user).or_default();
        revoked.sessions.extend(revocation.session);
        if let Some(below) = revocation.below.filter(|below| *below > revoked.below) {
            revoked.below = below;
            revoked.except = revocation.except;
        }
        revoked.until = revoked.until.max(revocation.until);
    }

    /// Forgets the users whose revoked tokens have all expired.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, revoked| now < revoked.until);
    }

    /// Whether it has a token of this login with this version.
    pub(super) fn has(&self, user: UserId, session: SessionId, version: i64) -> bool {
        self.0.get(&user).is_some_and(|revoked| {
            revoked.sessions.contains(&session)
                || (version < revoked.below && revoked.except != Some(session))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000_000);

    #[test]
    fn a_user_s_older_tokens_are_revoked_except_those_of_one_login() {
        let ids = SystemIds::default();
        let (ada, eve) = (UserId::new(&ids), UserId::new(&ids));
        let (kept, other) = (SessionId::new(&ids), SessionId::new(&ids));
        let mut list = RevocationList::default();
        list.add(&Revocation::of_user(ada, 2, Some(kept), LATER));
        for (user, session, version, revoked) in [
            (ada, other, 1, true),
            (ada, other, 2, false),
            (ada, kept, 1, false),
            (eve, other, 1, false),
        ] {
            assert_eq!(list.has(user, session, version), revoked, "{version}");
        }
        // The older one comes late.
        list.add(&Revocation::of_user(ada, 3, None, LATER));
        list.add(&Revocation::of_user(ada, 2, Some(kept), LATER));
        assert!(list.has(ada, kept, 2) && !list.has(ada, kept, 3));
    }

    #[test]
    fn a_login_is_revoked_whatever_its_version_until_its_tokens_have_expired() {
        let ids = SystemIds::default();
        let (ada, one, other) = (
            UserId::new(&ids),
            SessionId::new(&ids),
            SessionId::new(&ids),
        );
        let mut list = RevocationList::default();
        list.add(&Revocation::of_session(ada, one, LATER));
        list.forget(NOW);
        assert!(list.has(ada, one, 9) && !list.has(ada, other, 9));
        list.forget(LATER);
        assert!(!list.has(ada, one, 9));
    }
}
