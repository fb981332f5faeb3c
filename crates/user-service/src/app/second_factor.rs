//! Sets up the caller's second factor, turns it on and off, and says whether it is on.

use auth::{Caller, PasswordAttempt, PasswordHash, Revocation, Role, TotpSecret, random};
use kernel::{AuditId, SessionId, UserId};
use store::{Store, StoreResult, Tx};

use super::confirm::confirmed;
use super::guesses::{Guess, Origin};
use super::revocations::{Cut, end_others, outdate};
use super::{App, UserError};
use crate::domain::{
    AuditAction, AuditEntry, AuditState, FactorCode, Notice, RecoveryCode, SecondFactor, Used, User,
};
use crate::events::{self, MailWish};
use crate::security;

/// What an authenticator app is to learn.
pub(crate) struct Enrolment {
    /// The secret in base32.
    pub(crate) secret: String,
    /// The same as an address.
    pub(crate) uri: String,
}

/// Whether a user has a second factor.
pub(crate) struct SecondFactorState {
    pub(crate) user: User,
    /// How many recovery codes are left.
    pub(crate) left: usize,
    /// The roles that access tokens do not carry without one.
    pub(crate) withheld: Vec<Role>,
}

/// Why nothing was turned on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// The password was changed meanwhile.
    WrongPassword,
    /// The code is wrong, or was used.
    WrongCode,
    /// There is a second factor.
    IsOn,
    /// There is none, or none to confirm.
    IsOff,
    /// The token's user no longer exists.
    Gone,
}

impl From<NotDone> for UserError {
    fn from(why: NotDone) -> Self {
        match why {
            NotDone::WrongPassword => Self::WrongPassword,
            NotDone::WrongCode => Self::WrongCode,
            NotDone::IsOn => Self::SecondFactorOn,
            NotDone::IsOff => Self::SecondFactorOff,
            NotDone::Gone => Self::Gone,
        }
    }
}

pub(crate) async fn second_factor(app: &App, user: UserId) -> Result<SecondFactorState, UserError> {
    let found = app.store.get::<User>(&user).await?;
    let user = (*found.ok_or(UserError::Gone)?).clone();
    let factor = app.store.get::<SecondFactor>(&user.id).await?;
    let factor = factor.filter(|_| user.second_factor_since.is_some());
    Ok(SecondFactorState {
        left: factor.map_or(0, |factor| factor.left()),
        withheld: user.withheld(app.second_factor).to_vec(),
        user,
    })
}

/// Makes a secret, which takes the place of one that was not confirmed.
pub(crate) async fn set_up_second_factor(
    app: &App,
    user: UserId,
    attempt: PasswordAttempt,
    origin: Origin,
) -> Result<Enrolment, UserError> {
    let password = confirmed(app, user, attempt, origin).await?;
    let secret = TotpSecret::new(random()?);
    let factor = SecondFactor::new(user, secret.clone());
    let user = offer(&app.store, password, factor).await??;
    Ok(Enrolment {
        secret: secret.text(),
        uri: secret.uri(&app.issuer.policy().issuer, user.email.as_str()),
    })
}

/// Keeps a second factor that is to be confirmed.
pub(crate) async fn offer(
    store: &Store,
    password: PasswordHash,
    factor: SecondFactor,
) -> StoreResult<Result<User, NotDone>> {
    store
        .write(move |tx| {
            let Some(user) = tx.get::<User>(&factor.user)? else {
                return Ok(Err(NotDone::Gone));
            };
            if user.password_hash != password {
                return Ok(Err(NotDone::WrongPassword));
            }
            if user.second_factor_since.is_some() {
                return Ok(Err(NotDone::IsOn));
            }
            tx.hold::<User>(&user.id)?;
            tx.put(factor.clone())?;
            Ok(Ok((*user).clone()))
        })
        .await
}

/// Turns the second factor on with a first code. Returns the recovery codes.
pub(crate) async fn confirm_second_factor(
    app: &App,
    caller: &Caller,
    code: FactorCode,
    origin: Origin,
) -> Result<Vec<RecoveryCode>, UserError> {
    let user = caller.user;
    let guess = Guess::code(user, origin);
    let guess = guess.begin(&app.store, app.clock.now()).await?;
    let mut recovery = Vec::new();
    for _ in 0..RecoveryCode::COUNT {
        recovery.push(RecoveryCode::new(random()?));
    }
    let digests = recovery.iter().map(RecoveryCode::digest).collect();
    let change = FactorChange {
        user,
        code,
        audit: AuditId::new(&*app.ids),
        cut: app.cut(),
        wish: app.wish_if_sent(Notice::SecondFactorEnabled, None),
    };
    match turn_on(&app.store, change, digests, caller.session).await? {
        Ok(revocation) => {
            app.revoked(Some(&revocation));
            guess.was_right(&app.store, app.clock.now()).await?;
            security::second_factor_enabled(user);
            Ok(recovery)
        }
        Err(NotDone::WrongCode) => {
            security::second_factor_refused(user);
            Err(UserError::WrongCode)
        }
        Err(other) => {
            guess.was_none(&app.store, app.clock.now()).await?;
            Err(other.into())
        }
    }
}

/// A second factor that is turned on or off with a code.
#[derive(Debug, Clone)]
pub(crate) struct FactorChange {
    pub(crate) user: UserId,
    pub(crate) code: FactorCode,
    /// The id of its entry in the audit log.
    pub(crate) audit: AuditId,
    pub(crate) cut: Cut,
    /// The mail that says so, if mails are sent.
    pub(crate) wish: Option<MailWish>,
}

/// Turns a second factor on and ends all of the user's sessions except `keep`, with their access tokens.
pub(crate) async fn turn_on(
    store: &Store,
    change: FactorChange,
    recovery: Vec<String>,
    keep: SessionId,
) -> StoreResult<Result<Revocation, NotDone>> {
    store
        .write(move |tx| {
            let Some(user) = tx.get::<User>(&change.user)? else {
                return Ok(Err(NotDone::Gone));
            };
            if user.second_factor_since.is_some() {
                return Ok(Err(NotDone::IsOn));
            }
            let Some(factor) = tx.get::<SecondFactor>(&user.id)? else {
                return Ok(Err(NotDone::IsOff));
            };
            let Some((factor, _)) = factor.used(&change.code, change.cut.at) else {
                return Ok(Err(NotDone::WrongCode));
            };
            let (ended, revocation) = end_others(tx, &user, keep, change.cut)?;
            let after = User {
                second_factor_since: Some(change.cut.at),
                ..ended
            };
            tx.insert(entry(
                &user,
                &after,
                Some(user.id),
                change.audit,
                change.cut,
            ))?;
            tx.put(after)?;
            tx.put(factor.with(recovery.clone()))?;
            tell(tx, &user, change.wish, change.cut)?;
            Ok(Ok(revocation))
        })
        .await
}

/// Turns the second factor off, with the password and a code.
pub(crate) async fn remove_second_factor(
    app: &App,
    user: UserId,
    attempt: PasswordAttempt,
    code: FactorCode,
    origin: Origin,
) -> Result<(), UserError> {
    let password = confirmed(app, user, attempt, origin).await?;
    let guess = Guess::code(user, origin);
    let guess = guess.begin(&app.store, app.clock.now()).await?;
    let change = FactorChange {
        user,
        code,
        audit: AuditId::new(&*app.ids),
        cut: app.cut(),
        wish: app.wish_if_sent(Notice::SecondFactorDisabled, None),
    };
    match turn_off(&app.store, password, change).await? {
        Ok((proof, revocation)) => {
            app.revoked(revocation.as_ref());
            guess.was_right(&app.store, app.clock.now()).await?;
            if proof == Used::Recovery {
                security::recovery_code_used(user);
            }
            security::second_factor_disabled(user, "user");
            Ok(())
        }
        Err(NotDone::WrongCode) => {
            security::second_factor_refused(user);
            Err(UserError::WrongCode)
        }
        Err(other) => {
            guess.was_none(&app.store, app.clock.now()).await?;
            Err(other.into())
        }
    }
}

/// Turns a second factor off. Returns what the code was, and what is revoked.
pub(crate) async fn turn_off(
    store: &Store,
    password: PasswordHash,
    change: FactorChange,
) -> StoreResult<Result<(Used, Option<Revocation>), NotDone>> {
    store
        .write(move |tx| {
            let Some(user) = tx.get::<User>(&change.user)? else {
                return Ok(Err(NotDone::Gone));
            };
            if user.password_hash != password {
                return Ok(Err(NotDone::WrongPassword));
            }
            let factor = tx.get::<SecondFactor>(&user.id)?;
            let Some(factor) = factor.filter(|_| user.second_factor_since.is_some()) else {
                return Ok(Err(NotDone::IsOff));
            };
            let Some((_, proof)) = factor.used(&change.code, change.cut.at) else {
                return Ok(Err(NotDone::WrongCode));
            };
            let revocation = take_away(tx, &user, Some(user.id), change.audit, change.cut)?;
            tell(tx, &user, change.wish, change.cut)?;
            Ok(Ok((proof, revocation)))
        })
        .await
}

/// Deletes the second factor of `user`, who had one. Access tokens may carry a role because of it, so those of a user with a role are
/// revoked. `by` is None at the command line.
pub(super) fn take_away(
    tx: &mut Tx<'_>,
    user: &User,
    by: Option<UserId>,
    audit: AuditId,
    cut: Cut,
) -> StoreResult<Option<Revocation>> {
    let loses_roles = !user.roles.is_empty();
    let after = User {
        second_factor_since: None,
        access_version: user.access_version.saturating_add(loses_roles.into()),
        ..user.clone()
    };
    let revocation = loses_roles.then(|| outdate(tx, &after, None, cut));
    let revocation = revocation.transpose()?;
    tx.insert(entry(user, &after, by, audit, cut))?;
    tx.put(after)?;
    tx.delete::<SecondFactor>(&user.id)?;
    Ok(revocation)
}

/// Asks for the mail that tells a user what became of their second factor, if mails are sent.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    user: &User,
    wish: Option<MailWish>,
    cut: Cut,
) -> StoreResult<()> {
    match wish {
        Some(wish) => tx.send(events::send_mail(user.id, wish, cut.at)),
        None => Ok(()),
    }
}

fn entry(before: &User, after: &User, by: Option<UserId>, id: AuditId, cut: Cut) -> AuditEntry {
    let action = match after.second_factor_since {
        Some(_) => AuditAction::SecondFactorEnabled,
        None => AuditAction::SecondFactorDisabled,
    };
    AuditEntry {
        id,
        subject: before.id,
        action,
        by,
        reason: None,
        before: AuditState::from(before),
        after: AuditState::from(after),
        at: cut.at,
    }
}
