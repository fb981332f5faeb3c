//! Opens a session for a user who proves their password and, if they have a second factor, gives a code.

use auth::{OpaqueToken, PasswordAttempt, PasswordHash};
use kernel::{SessionId, UserId};
use store::{Store, StoreResult};

use super::guesses::{Guess, Origin};
use super::register_by_mail::is_verified;
use super::{App, LoggedIn, UserError};
use crate::domain::{Device, Email, FactorCode, Notice, SecondFactor, Session, Used, User};
use crate::events::{self, MailWish};
use crate::security::{self, LoginFailure};

/// Takes as long for an unknown email as for a wrong password.
pub(crate) async fn login(
    app: &App,
    email: &Email,
    attempt: PasswordAttempt,
    code: Option<FactorCode>,
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
    let wish = match code {
        Some(FactorCode::Recovery(_)) => app.wish_if_sent(Notice::RecoveryCodeUsed, None),
        Some(FactorCode::App(_)) | None => None,
    };
    let user = match open_session(&app.store, session, code, wish).await? {
        Opened::Done(user, proof) => {
            if proof == Some(Used::Recovery) {
                security::recovery_code_used(user.id);
            }
            *user
        }
        // The password may have changed while it was being checked.
        Opened::Outdated => return Err(refuse(LoginFailure::WrongPassword)),
        Opened::CodeNeeded => {
            // No guess of a code, so it does not count as one; and it does not forgive those that were.
            guess.was_none(&app.store, now).await?;
            security::second_factor_asked(user.id);
            return Err(UserError::SecondFactorRequired);
        }
        Opened::WrongCode => {
            security::login_failed(email, LoginFailure::WrongCode);
            return Err(UserError::InvalidCode);
        }
    };
    guess.was_right(&app.store, now).await?;
    security::logged_in(user.id, id, email);
    app.logged_in(user, id, token)
}

/// What came of opening a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It is open. With what the code was, if one was needed.
    Done(Box<User>, Option<Used>),
    /// The password changed, or the user was suspended, meanwhile.
    Outdated,
    /// The user has a second factor, and there is no code.
    CodeNeeded,
    /// The code is wrong, or was used.
    WrongCode,
}

/// Records a session with its first token if the user's password has still the session's version, and `code` is good if one is needed. A
/// code is used up by it: of many who open a session with one code at once, one does. If it was a recovery code, `wish` is the mail that
/// tells the user, if mails are sent.
pub(crate) async fn open_session(
    store: &Store,
    session: Session,
    code: Option<FactorCode>,
    wish: Option<MailWish>,
) -> StoreResult<Opened> {
    store
        .write(move |tx| {
            tx.want::<SecondFactor>([session.user])?;
            let found = tx.get::<User>(&session.user)?;
            let Some(user) = found.filter(|user| {
                user.password_version == session.password_version && user.suspension.is_none()
            }) else {
                return Ok(Opened::Outdated);
            };
            let mut proof = None;
            if user.second_factor_since.is_some() {
                let Some(code) = &code else {
                    return Ok(Opened::CodeNeeded);
                };
                let factor = tx.get::<SecondFactor>(&user.id)?;
                let good = factor.and_then(|factor| factor.used(code, session.created_at));
                let Some((factor, what)) = good else {
                    return Ok(Opened::WrongCode);
                };
                tx.put(factor)?;
                if what == Used::Recovery
                    && let Some(wish) = wish
                {
                    tx.send(events::send_mail(user.id, wish, session.created_at))?;
                }
                proof = Some(what);
            }
            tx.insert(session.unused_token())?;
            tx.insert(session.clone())?;
            Ok(Opened::Done(Box::new((*user).clone()), proof))
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
