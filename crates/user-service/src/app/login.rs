//! Opens a session for a user who proves their password.

use auth::{PasswordAttempt, PasswordHash};
use kernel::SessionId;
use store::{Store, StoreResult};

use super::{App, LoggedIn, UserError};
use crate::domain::{Email, NewSession};
use crate::records::{Session, Token, UserRecord};

/// Takes as long for an unknown email as for a wrong password.
pub(crate) async fn login(
    app: &App,
    email: &Email,
    attempt: PasswordAttempt,
) -> Result<LoggedIn, UserError> {
    let user = app.users.by_email(email).await?;
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
    // The password may have changed while it was being checked; then this login fails.
    if !open_session(&app.store, session, user.password_hash.clone()).await? {
        return Err(UserError::InvalidCredentials);
    }
    app.logged_in(user, id, refresh_token, now)
}

/// Records a session with its first token if the user's password hash is still `proven`. Returns whether it did.
pub(crate) async fn open_session(
    store: &Store,
    session: NewSession,
    proven: PasswordHash,
) -> StoreResult<bool> {
    store
        .write(move |tx| {
            let user = tx.get::<UserRecord>(&session.user)?;
            let Some(user) = user.filter(|found| found.user.password_hash == proven) else {
                return Ok(false);
            };
            let opened = Session::open(&session, user.password_version);
            tx.insert(Token::of(&session.token, &opened))?;
            tx.insert(opened)?;
            Ok(true)
        })
        .await
}
