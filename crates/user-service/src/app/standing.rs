//! Makes operators' decisions about users: their roles, and whether they are suspended.

use auth::{Revocation, Role};
use kernel::{AuditId, UserId};
use store::{Store, StoreResult, Tx};

use super::admins::{admins_with, end_setup};
use super::revocations::{Cut, outdate};
use super::{App, UserError};
use crate::domain::{AuditEntry, AuditState, Decision, Email, StandingMove, StandingRefusal, User};
use crate::records::EMAIL_KEY;
use crate::security;

/// The subject of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The user with this id.
    Id(UserId),
    /// The user with this email.
    Email(Email),
}

/// A decision, and who makes it.
#[derive(Debug, Clone)]
pub(crate) struct Ruling {
    pub(crate) whom: Whom,
    pub(crate) step: StandingMove,
    /// None for an operator at the command line.
    pub(crate) by: Option<UserId>,
    pub(crate) reason: Option<String>,
    /// The id of its entry in the audit log.
    pub(crate) audit: AuditId,
    pub(crate) cut: Cut,
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruled {
    /// The user as they are now.
    pub(crate) user: User,
    /// The entry in the audit log. None if nothing changed.
    pub(crate) entry: Option<AuditEntry>,
    /// Their tokens that are worth nothing any more.
    pub(crate) revocation: Option<Revocation>,
}

/// Suspends a user.
pub(crate) async fn suspend(
    app: &App,
    user: UserId,
    by: UserId,
    reason: String,
) -> Result<User, UserError> {
    let at = app.clock.now();
    let decision = Decision {
        reason: reason.clone(),
        by,
        at,
    };
    decide(app, user, StandingMove::Suspend(decision), by, Some(reason)).await
}

/// Reinstates a suspended user.
pub(crate) async fn reinstate(
    app: &App,
    user: UserId,
    by: UserId,
    reason: String,
) -> Result<User, UserError> {
    decide(app, user, StandingMove::Reinstate, by, Some(reason)).await
}

/// Gives a user a role, which changes nothing if they have it.
pub(crate) async fn grant_role(
    app: &App,
    user: UserId,
    by: UserId,
    role: Role,
) -> Result<User, UserError> {
    decide(app, user, StandingMove::Grant(role), by, None).await
}

/// Takes a role from a user, which changes nothing if they do not have it.
pub(crate) async fn revoke_role(
    app: &App,
    user: UserId,
    by: UserId,
    role: Role,
) -> Result<User, UserError> {
    decide(app, user, StandingMove::Revoke(role), by, None).await
}

async fn decide(
    app: &App,
    user: UserId,
    step: StandingMove,
    by: UserId,
    reason: Option<String>,
) -> Result<User, UserError> {
    let ruling = Ruling {
        whom: Whom::Id(user),
        step,
        by: Some(by),
        reason,
        audit: AuditId::new(&*app.ids),
        cut: app.cut(),
    };
    let ruled = rule(&app.store, ruling).await??;
    app.revoked(ruled.revocation.as_ref());
    Ok(ruled.user)
}

/// Saves the decision with its entry in the audit log and what it revokes. An administrator cannot leave the marketplace without one; who
/// works at the command line can, because they can make another.
pub(crate) async fn rule(
    store: &Store,
    ruling: Ruling,
) -> StoreResult<Result<Ruled, StandingRefusal>> {
    let ruled = store.write(move |tx| apply(tx, &ruling)).await?;
    if let Ok(Ruled {
        entry: Some(entry), ..
    }) = &ruled
    {
        security::operated(entry);
    }
    Ok(ruled)
}

fn apply(tx: &mut Tx<'_>, ruling: &Ruling) -> StoreResult<Result<Ruled, StandingRefusal>> {
    let found = match &ruling.whom {
        Whom::Id(id) => tx.get::<User>(id)?,
        Whom::Email(email) => tx.find_by::<User>(EMAIL_KEY, email.key(), 1)?.pop(),
    };
    let Some(found) = found else {
        return Ok(Err(StandingRefusal::NotFound));
    };
    let user = match found.decided(&ruling.step) {
        Ok(Some(user)) => user,
        Ok(None) => {
            return Ok(Ok(Ruled {
                user: (*found).clone(),
                entry: None,
                revocation: None,
            }));
        }
        Err(refusal) => return Ok(Err(refusal)),
    };
    if user.is_active_admin() != found.is_active_admin() {
        let admins = admins_with(tx, &user)?;
        if admins.users.is_empty() && ruling.by.is_some() {
            return Ok(Err(StandingRefusal::LastAdmin));
        }
        tx.put(admins)?;
        if user.is_active_admin() {
            end_setup(tx)?;
        }
    }
    let is_outdated = user.access_version != found.access_version;
    let revocation = is_outdated
        .then(|| outdate(tx, &user, None, ruling.cut))
        .transpose()?;
    let entry = AuditEntry {
        id: ruling.audit,
        subject: user.id,
        action: ruling.step.action(),
        by: ruling.by,
        reason: ruling.reason.clone(),
        before: AuditState::from(&*found),
        after: AuditState::from(&user),
        at: ruling.cut.at,
    };
    tx.insert(entry.clone())?;
    tx.put(user.clone())?;
    Ok(Ok(Ruled {
        user,
        entry: Some(entry),
        revocation,
    }))
}
