//! Changes one's own password and ends all other sessions.

use auth::{Caller, Password, PasswordAttempt, PasswordHash};
use kernel::{SessionId, UserId};
use store::{Store, StoreResult};

use super::{App, UserError};
use crate::domain::{Session, User};

pub(crate) async fn change_password(
    app: &App,
    caller: &Caller,
    current: PasswordAttempt,
    new: Password,
) -> Result<(), UserError> {
    let found = app.store.get::<User>(&caller.user).await?;
    let old = found.ok_or(UserError::Gone)?.password_hash.clone();
    if !app.hasher.verify(current, Some(old.clone())).await? {
        return Err(UserError::WrongPassword);
    }
    let new = app.hasher.hash(new).await?;
    // Of two concurrent changes, the second has a wrong current password by the time it is applied.
    if replace_password(&app.store, caller.user, old, new, caller.session).await? {
        Ok(())
    } else {
        Err(UserError::WrongPassword)
    }
}

/// Replaces `old` with `new` and ends all of the user's sessions except `keep`. Does neither and returns false if `old` is no longer
/// the password.
pub(crate) async fn replace_password(
    store: &Store,
    user: UserId,
    old: PasswordHash,
    new: PasswordHash,
    keep: SessionId,
) -> StoreResult<bool> {
    store
        .write(move |tx| {
            tx.want::<Session>([keep])?;
            let found = tx.get::<User>(&user)?;
            let Some(found) = found.filter(|found| found.password_hash == old) else {
                return Ok(false);
            };
            let password_version = found.password_version + 1;
            let kept = tx.get::<Session>(&keep)?.filter(|session| {
                session.user == user && session.password_version == found.password_version
            });
            if let Some(kept) = kept {
                tx.put(Session {
                    password_version,
                    ..(*kept).clone()
                })?;
            }
            tx.put(User {
                password_hash: new.clone(),
                password_version,
                ..(*found).clone()
            })?;
            Ok(true)
        })
        .await
}
