//! Changes one's own password and ends all other sessions.

use auth::{Caller, Lane, Password, PasswordAttempt, PasswordHash, Revocation};
use kernel::{SessionId, UserId};
use store::{Store, StoreResult};

use super::confirm::confirmed;
use super::guesses::Origin;
use super::revocations::{Cut, end_others};
use super::{App, UserError};
use crate::domain::{Notice, Session, User};
use crate::events::{self, MailWish};
use crate::security;

pub(crate) async fn change_password(
    app: &App,
    caller: &Caller,
    current: PasswordAttempt,
    new: Password,
    origin: Origin,
) -> Result<(), UserError> {
    let (user, kept) = (caller.user, caller.session);
    let old = confirmed(app, user, current, origin).await?;
    let change = PasswordChange {
        user,
        old,
        new: app.hasher.hash(Lane::change(&user), new).await?,
        wish: app.wish_if_sent(Notice::PasswordChanged, None),
    };
    // Of two concurrent changes, the second has a wrong current password by the time it is applied.
    let replaced = replace_password(&app.store, change, kept, app.cut()).await?;
    app.revoked(replaced.as_ref());
    replaced.ok_or(UserError::WrongPassword)?;
    security::password_changed(user);
    Ok(())
}

/// A change of a password.
#[derive(Debug, Clone)]
pub(crate) struct PasswordChange {
    pub(crate) user: UserId,
    pub(crate) old: PasswordHash,
    pub(crate) new: PasswordHash,
    /// The mail that says so, if mails are sent.
    pub(crate) wish: Option<MailWish>,
}

/// Replaces the password and ends all of the user's sessions except `keep`, with their access tokens. Does neither and returns None if `old`
/// is no longer the password.
pub(crate) async fn replace_password(
    store: &Store,
    change: PasswordChange,
    keep: SessionId,
    cut: Cut,
) -> StoreResult<Option<Revocation>> {
    store
        .write(move |tx| {
            tx.want::<Session>([keep])?;
            let found = tx.get::<User>(&change.user)?;
            let Some(found) = found.filter(|found| found.password_hash == change.old) else {
                return Ok(None);
            };
            let (ended, revocation) = end_others(tx, &found, keep, cut)?;
            tx.put(User {
                password_hash: change.new.clone(),
                ..ended
            })?;
            if let Some(wish) = change.wish {
                tx.send(events::send_mail(change.user, wish, cut.at))?;
            }
            Ok(Some(revocation))
        })
        .await
}
