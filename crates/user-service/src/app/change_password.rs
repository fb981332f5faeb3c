//! Changes one's own password and ends all other sessions.

use auth::{Caller, Password, PasswordAttempt};

use super::{App, UserError};

pub(crate) async fn change_password(
    app: &App,
    caller: &Caller,
    current: PasswordAttempt,
    new: Password,
) -> Result<(), UserError> {
    let user = app.store.user(caller.user).await?.ok_or(UserError::Gone)?;
    let old = user.password_hash;
    if !app.hasher.verify(current, Some(old.clone())).await? {
        return Err(UserError::WrongPassword);
    }
    let new = app.hasher.hash(new).await?;
    // Of two changes at once the second one's current password is wrong by the time it is applied.
    if app
        .store
        .change_password(caller.user, old, new, caller.session)
        .await?
    {
        Ok(())
    } else {
        Err(UserError::WrongPassword)
    }
}
