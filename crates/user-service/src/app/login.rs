//! Opens a session for whoever knows the password.

use auth::PasswordAttempt;
use kernel::SessionId;

use super::{App, LoggedIn, UserError};
use crate::domain::{Email, NewSession};

/// Takes as long for an email that nobody has as for a wrong password.
pub(crate) async fn login(
    app: &App,
    email: &Email,
    attempt: PasswordAttempt,
) -> Result<LoggedIn, UserError> {
    let user = app.store.user_by_email(email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = app.hasher.verify(attempt, hash).await?;
    let user = user
        .filter(|_| right)
        .ok_or(UserError::InvalidCredentials)?;
    let now = app.clock.now();
    let (refresh_token, token) = app.next_token(now)?;
    let session = NewSession {
        id: SessionId::new(&*app.ids),
        user: user.id,
        created_at: now,
        token,
    };
    let id = session.id;
    // The password may have been changed while it was checked; then this login came too late.
    if !app
        .store
        .open_session(session, user.password_hash.clone())
        .await?
    {
        return Err(UserError::InvalidCredentials);
    }
    app.logged_in(user, id, refresh_token, now)
}
