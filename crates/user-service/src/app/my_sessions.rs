//! A user's logins: they list them, and end one or all others.

use auth::Caller;
use kernel::{CursorScope, Limit, Page, SessionId, Timestamp, UserId};
use store::{Store, StoreResult};

use super::revocations::{Cut, end_one, end_others};
use super::{App, UserError};
use crate::domain::{Session, User};
use crate::security;
use crate::store::Place;

/// The scope of the list's cursors.
pub(crate) fn sessions_scope() -> CursorScope {
    CursorScope::new("users/me/sessions", "")
}

/// A page of the user's logins that have not ended, the newest first.
pub(crate) async fn my_sessions(
    app: &App,
    user: UserId,
    after: Place,
    limit: Limit,
) -> Result<Page<Session>, UserError> {
    let found = app.store.get::<User>(&user).await?.ok_or(UserError::Gone)?;
    let (version, now) = (found.password_version, app.clock.now());
    let rows = alive(app, user, version, now, after, limit).await?;
    Ok(Page::cut(rows, limit, |last| {
        sessions_scope().cursor(&last.id.as_uuid())
    }))
}

async fn alive(
    app: &App,
    user: UserId,
    version: i64,
    now: Timestamp,
    after: Place,
    limit: Limit,
) -> StoreResult<Vec<Session>> {
    let login_lifetime = app.terms.login_lifetime;
    let rows = app
        .queries
        .sessions(user, version, now, after, limit.and_one());
    let mut rows = rows.await?;
    // Those that ended because the setting was lowered are the oldest.
    rows.retain(|session| now < session.created_at.plus(login_lifetime));
    Ok(rows)
}

/// Ends a login of the caller.
pub(crate) async fn end_session(
    app: &App,
    user: UserId,
    session: SessionId,
) -> Result<(), UserError> {
    let ended = end_one(&app.store, user, session, app.cut()).await?;
    app.revoked(ended.as_ref());
    ended.ok_or(UserError::SessionNotFound)?;
    security::session_ended(user, session);
    Ok(())
}

/// Ends all logins of the caller but the one that they ask with.
pub(crate) async fn end_other_sessions(app: &App, caller: &Caller) -> Result<(), UserError> {
    let (user, kept) = (caller.user, caller.session);
    let ended = keep_one(&app.store, user, kept, app.cut()).await?;
    app.revoked(ended.as_ref());
    ended.ok_or(UserError::Gone)?;
    security::others_ended(user, kept);
    Ok(())
}

/// Ends all sessions of `user` but one. None if there is no such user.
pub(crate) async fn keep_one(
    store: &Store,
    user: UserId,
    kept: SessionId,
    cut: Cut,
) -> StoreResult<Option<auth::Revocation>> {
    store
        .write(move |tx| {
            tx.want::<Session>([kept])?;
            let Some(found) = tx.get::<User>(&user)? else {
                return Ok(None);
            };
            let (ended, revocation) = end_others(tx, &found, kept, cut)?;
            tx.put(ended)?;
            Ok(Some(revocation))
        })
        .await
}
