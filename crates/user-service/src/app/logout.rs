//! Ends the session of a refresh token.

use auth::OpaqueToken;
use kernel::UserId;
use store::{Store, StoreResult};

use super::sessions::known;
use super::{App, UserError};
use crate::domain::{Session, TokenDigest};

/// Does nothing if the session no longer exists or belongs to another user.
pub(crate) async fn logout(app: &App, user: UserId, token: &OpaqueToken) -> Result<(), UserError> {
    Ok(end_session(&app.store, user, token.digest()).await?)
}

/// Ends the session of `token` if it belongs to `user`. This revokes all its tokens.
pub(crate) async fn end_session(
    store: &Store,
    user: UserId,
    token: TokenDigest,
) -> StoreResult<()> {
    store
        .write(move |tx| match known(tx, &token)? {
            Some(known) if known.session.user == user => tx.delete::<Session>(&known.session.id),
            Some(_) | None => Ok(()),
        })
        .await
}
