//! Opens a session for a user who proves their password.

use auth::PasswordAttempt;
use kernel::SessionId;
use store::{Store, StoreResult};

use super::{App, LoggedIn, UserError};
use crate::domain::{Email, Session, User};

/// Takes as long for an unknown email as for a wrong password.
pub(crate) async fn login(
    app: &App,
    email: &Email,
    attempt: PasswordAttempt,
) -> Result<LoggedIn, UserError> {
    let user = app.by_email(email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = app.hasher.verify(attempt, hash).await?;
    let user = user
        .filter(|_| right)
        .ok_or(UserError::InvalidCredentials)?;
    let now = app.clock.now();
    let (refresh_token, token) = app.next_token(now)?;
    let session = Session {
        id: SessionId::new(&*app.ids),
        user: user.id,
        password_version: user.password_version,
        token: token.digest,
        created_at: now,
        expires_at: token.expires_at,
    };
    let id = session.id;
    // The password may have changed while it was being checked; then this login fails.
    if !open_session(&app.store, session).await? {
        return Err(UserError::InvalidCredentials);
    }
    app.logged_in(user, id, refresh_token)
}

/// Records a session with its first token if the user's password has still the session's version. Returns whether it did.
pub(crate) async fn open_session(store: &Store, session: Session) -> StoreResult<bool> {
    store
        .write(move |tx| {
            let user = tx.get::<User>(&session.user)?;
            if user.is_none_or(|user| user.password_version != session.password_version) {
                return Ok(false);
            }
            tx.insert(session.unused_token())?;
            tx.insert(session.clone())?;
            Ok(true)
        })
        .await
}
