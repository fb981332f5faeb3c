//! Grants and revokes roles from the command line, where no token identifies the operator.

use auth::Role;
use kernel::AuditId;
use store::{Store, StoreResult};

use super::App;
use super::revocations::Cut;
use super::standing::{Ruled, Ruling, Whom, rule};
use crate::domain::{Email, StandingMove, User};

/// Grants `role` to the user with `email` and returns the updated user, or None if there is no such user. Granting a role twice
/// changes nothing.
pub(crate) async fn grant(app: &App, email: &Email, role: Role) -> StoreResult<Option<User>> {
    let step = StandingMove::Grant(role);
    let audit = AuditId::new(&*app.ids);
    rule_about(&app.store, email, step, audit, app.cut()).await
}

/// Makes a decision about the user with `email` that is never refused to the command line. None if there is no such user. Other processes
/// learn what it revokes by themselves.
pub(crate) async fn rule_about(
    store: &Store,
    email: &Email,
    step: StandingMove,
    audit: AuditId,
    cut: Cut,
) -> StoreResult<Option<User>> {
    let ruling = Ruling {
        whom: Whom::Email(email.clone()),
        step,
        by: None,
        reason: None,
        audit,
        cut,
    };
    let ruled = rule(store, ruling).await?;
    Ok(ruled.ok().map(|Ruled { user, .. }| user))
}
