//! Ends the session of a refresh token.

use auth::{OpaqueToken, Revocation};
use kernel::UserId;
use store::{Store, StoreResult};

use super::revocations::{Cut, end};
use super::sessions::known;
use super::{App, UserError};
use crate::domain::TokenDigest;
use crate::security;

/// Does nothing if the session no longer exists or belongs to another user.
pub(crate) async fn logout(app: &App, user: UserId, token: &OpaqueToken) -> Result<(), UserError> {
    let ended = end_session(&app.store, user, token.digest(), app.cut()).await?;
    app.revoked(ended.as_ref());
    if let Some(session) = ended.and_then(|ended| ended.session) {
        security::session_ended(user, session);
    }
    Ok(())
}

/// Ends the session of `token` if it belongs to `user`. This revokes all its tokens.
pub(crate) async fn end_session(
    store: &Store,
    user: UserId,
    token: TokenDigest,
    cut: Cut,
) -> StoreResult<Option<Revocation>> {
    store
        .write(move |tx| match known(tx, &token)? {
            Some(known) if known.session.user == user => end(tx, &known.session, cut).map(Some),
            Some(_) | None => Ok(None),
        })
        .await
}
