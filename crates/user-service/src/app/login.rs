//! Opens a session for a user who proves their password.

use auth::{OpaqueToken, PasswordAttempt, PasswordHash};
use kernel::{SessionId, UserId};
use store::{Store, StoreResult};

use super::guesses::{Guess, Origin};
use super::register_by_mail::is_verified;
use super::{App, LoggedIn, UserError};
use crate::domain::{Device, Email, Session, User};
use crate::security::{self, LoginFailure};

/// Takes as long for an unknown email as for a wrong password.
pub(crate) async fn login(
    app: &App,
    email: &Email,
    attempt: PasswordAttempt,
    device: Device,
    origin: Origin,
) -> Result<LoggedIn, UserError> {
    let refuse = |why| {
        security::login_failed(email, why);
        UserError::InvalidCredentials
    };
    let guess = Guess::login(email, origin);
    let guess = guess.begin(&app.store, app.clock.now()).await?;
    let lane = guess.lane;
    let user = app.by_email(email).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = match app.hasher.verify(lane, attempt.clone(), hash).await {
        Ok(right) => right,
        Err(error) => {
            guess.was_none(&app.store, app.clock.now()).await?;
            return Err(error.into());
        }
    };
    let user = user.ok_or_else(|| refuse(LoginFailure::UnknownEmail))?;
    if !right {
        return Err(refuse(LoginFailure::WrongPassword));
    }
    // The same answer as for a wrong password: who registers an address must not learn whether it has a user.
    if !is_verified(app, user.id).await? {
        return Err(refuse(LoginFailure::Unverified));
    }
    if user.suspension.is_some() {
        security::login_failed(email, LoginFailure::Suspended);
        return Err(UserError::Suspended);
    }
    let renewed = app.hasher.renewed(lane, attempt, &user.password_hash);
    if let Some(renewed) = renewed.await? {
        renew_hash(&app.store, user.id, user.password_hash.clone(), renewed).await?;
    }
    let now = app.clock.now();
    let token = OpaqueToken::generate()?;
    let session = Session {
        id: SessionId::new(&*app.ids),
        user: user.id,
        password_version: user.password_version,
        token: token.digest(),
        replaced: None,
        sealed: None,
        created_at: now,
        last_used_at: now,
        expires_at: app.terms.expiry(now, now),
        user_agent: device.user_agent,
        network: device.network,
    };
    let id = session.id;
    // The password may have changed while it was being checked; then this login fails.
    let opened = open_session(&app.store, session).await?;
    let user = opened.ok_or_else(|| refuse(LoginFailure::WrongPassword))?;
    guess.was_right(&app.store, now).await?;
    security::logged_in(user.id, id, email);
    app.logged_in(user, id, token)
}

/// Records a session with its first token if the user's password has still the session's version. Returns the user if it did.
pub(crate) async fn open_session(store: &Store, session: Session) -> StoreResult<Option<User>> {
    store
        .write(move |tx| {
            let found = tx.get::<User>(&session.user)?;
            let Some(user) = found.filter(|user| {
                user.password_version == session.password_version && user.suspension.is_none()
            }) else {
                return Ok(None);
            };
            tx.insert(session.unused_token())?;
            tx.insert(session.clone())?;
            Ok(Some((*user).clone()))
        })
        .await
}

/// Replaces `old` by another hash of the same password, unless the password changed meanwhile. No login ends.
pub(crate) async fn renew_hash(
    store: &Store,
    user: UserId,
    old: PasswordHash,
    renewed: PasswordHash,
) -> StoreResult<()> {
    store
        .write(move |tx| {
            let found = tx.get::<User>(&user)?;
            let Some(found) = found.filter(|found| found.password_hash == old) else {
                return Ok(());
            };
            tx.put(User {
                password_hash: renewed.clone(),
                ..(*found).clone()
            })
        })
        .await
}
