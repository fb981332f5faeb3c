//! Registers a user.
//!
//! A repeat of a request with an Idempotency-Key gets the first answer if it comes with the same password. What is stored for the key holds
//! nothing of the password, not even in its fingerprint, which is fast to compute: the password is compared with the user's own hash.

use auth::{Password, PasswordAttempt};
use kernel::UserId;
use store::idempotency::{Answered, Earlier, Repeatable};
use store::{Store, StoreError, StoreResult, Tx};

use super::{App, Origin, UserError};
use crate::domain::{Email, User, UserName};
use crate::events;
use crate::records::EMAIL_KEY;

pub(crate) async fn register(
    app: &App,
    name: UserName,
    email: Email,
    password: Password,
    origin: Origin,
) -> Result<User, UserError> {
    // The transaction below decides; checking first avoids a needless hash.
    if app.by_email(&email).await?.is_some() {
        return Err(UserError::EmailTaken);
    }
    let user = hashed(app, name, email, password, origin).await?;
    match add_user(&app.store, user.clone(), None).await? {
        Registered::Done => Ok(user),
        Registered::EmailTaken => Err(UserError::EmailTaken),
    }
}

/// Registers a user once for a key.
pub(crate) async fn register_once(
    app: &App,
    name: UserName,
    email: Email,
    password: Password,
    once: Repeatable<User>,
    origin: Origin,
) -> Result<Answered<User>, UserError> {
    let key = once.key.clone();
    if app.by_email(&email).await?.is_none() {
        let user = hashed(app, name, email.clone(), password.clone(), origin).await?;
        if add_user(&app.store, user.clone(), Some(once)).await? == Registered::Done {
            return Ok(Answered::First(user));
        }
    }
    let owner = app.by_email(&email).await?.ok_or(UserError::EmailTaken)?;
    let now = app.clock.now();
    let earlier = app.store.write(move |tx| tx.earlier(&key, now)).await?;
    match earlier {
        // The key did not register this user.
        None => Err(UserError::EmailTaken),
        Some(Earlier::Answered(answer)) => {
            let attempt = PasswordAttempt::from(password);
            let hash = Some(owner.password_hash);
            let is_same = app.hasher.verify(origin.lane(), attempt, hash).await?;
            Ok(Answered::Before(if is_same {
                Earlier::Answered(answer)
            } else {
                Earlier::OtherBody
            }))
        }
        Some(other) => Ok(Answered::Before(other)),
    }
}

/// The new user.
pub(super) async fn hashed(
    app: &App,
    name: UserName,
    email: Email,
    password: Password,
    origin: Origin,
) -> Result<User, UserError> {
    Ok(User {
        id: UserId::new(&*app.ids),
        name,
        name_version: 1,
        email,
        password_hash: app.hasher.hash(origin.lane(), password).await?,
        password_version: 0,
        access_version: 0,
        roles: Vec::new(),
        suspension: None,
        second_factor_since: None,
        created_at: app.clock.now(),
        metadata: None,
    })
}

/// The outcome of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registered {
    /// The user was added.
    Done,
    /// Another user has the email, ignoring case; nothing was written.
    EmailTaken,
}

/// Adds `user` unless their email is taken, tells the other services their name, and stores the answer to a request with a key. Of two
/// concurrent registrations of an email, one wins.
pub(crate) async fn add_user(
    store: &Store,
    user: User,
    once: Option<Repeatable<User>>,
) -> StoreResult<Registered> {
    let written = store
        .write(move |tx| {
            let added = add(tx, &user)?;
            if let Some(Repeatable { key, render }) = &once
                && added == Registered::Done
            {
                // The key is that of an email; the answer goes when its user does.
                let (id, answer) = (user.id.as_uuid(), render(&user)?);
                tx.answer_about(id, key, id, answer, user.created_at)?;
            }
            Ok(added)
        })
        .await;
    match written {
        // The unique index decides: another replica registered the email. (The id is new, so it cannot be the duplicate.)
        Err(StoreError::Duplicate(_)) => Ok(Registered::EmailTaken),
        other => other,
    }
}

/// Adds `user` unless their email is taken, and tells the other services their name.
pub(super) fn add(tx: &mut Tx<'_>, user: &User) -> StoreResult<Registered> {
    let taken = tx.find_by::<User>(EMAIL_KEY, user.email.key(), 1)?;
    if !taken.is_empty() {
        return Ok(Registered::EmailTaken);
    }
    tx.insert(user.clone())?;
    tx.send(events::named(user, user.created_at))?;
    Ok(Registered::Done)
}
