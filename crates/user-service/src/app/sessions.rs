//! Finds the session of a refresh token.

use std::sync::Arc;

use store::{StoreError, StoreResult, Tx};

use crate::domain::{Session, Token, TokenDigest, User};

/// A token of a valid session, used or not.
pub(super) struct Known {
    pub(super) token: Arc<Token>,
    pub(super) session: Arc<Session>,
    pub(super) user: Arc<User>,
}

/// Finds the token and its session. None if there is no such token or its session has ended.
pub(super) fn known(tx: &mut Tx<'_>, digest: &TokenDigest) -> StoreResult<Option<Known>> {
    let Some(token) = tx.get::<Token>(digest)? else {
        return Ok(None);
    };
    tx.want::<User>([token.user])?;
    let Some(session) = tx.get::<Session>(&token.session)? else {
        return Ok(None);
    };
    let user = tx
        .get::<User>(&token.user)?
        .ok_or_else(|| StoreError::Corrupt(format!("session {} has no user", session.id)))?;
    let is_alive = session.password_version == user.password_version && user.suspension.is_none();
    Ok(is_alive.then_some(Known {
        token,
        session,
        user,
    }))
}
