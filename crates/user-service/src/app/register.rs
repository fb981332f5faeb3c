//! Registers a user.

use auth::Password;
use kernel::UserId;
use store::{Store, StoreError, StoreResult};

use super::{App, UserError};
use crate::domain::{Email, User, UserName};
use crate::records::EMAIL_KEY;

pub(crate) async fn register(
    app: &App,
    name: UserName,
    email: Email,
    password: Password,
) -> Result<User, UserError> {
    // The transaction below decides; checking first avoids a needless hash.
    if app.by_email(&email).await?.is_some() {
        return Err(UserError::EmailTaken);
    }
    let user = User {
        id: UserId::new(&*app.ids),
        name,
        email,
        password_hash: app.hasher.hash(password).await?,
        password_version: 0,
        roles: Vec::new(),
        created_at: app.clock.now(),
    };
    match add_user(&app.store, user.clone()).await? {
        Registered::Done => Ok(user),
        Registered::EmailTaken => Err(UserError::EmailTaken),
    }
}

/// The outcome of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registered {
    /// The user was added.
    Done,
    /// Another user has the email, ignoring case; nothing was written.
    EmailTaken,
}

/// Adds `user` unless their email is taken. Of two concurrent registrations of an email, one wins.
pub(crate) async fn add_user(store: &Store, user: User) -> StoreResult<Registered> {
    let written = store
        .write(move |tx| {
            let taken = tx.find_by::<User>(EMAIL_KEY, user.email.key(), 1)?;
            if !taken.is_empty() {
                return Ok(Registered::EmailTaken);
            }
            tx.insert(user.clone())?;
            Ok(Registered::Done)
        })
        .await;
    match written {
        // The unique index decides: another replica registered the email. (The id is new, so it cannot be the duplicate.)
        Err(StoreError::Duplicate(_)) => Ok(Registered::EmailTaken),
        other => other,
    }
}
