//! The password of a user who is logged in, with which they confirm what they ask for.

use auth::{Lane, PasswordAttempt, PasswordHash};
use kernel::UserId;

use super::guesses::{Guess, Origin};
use super::{App, UserError};
use crate::domain::User;
use crate::security;

/// The hash of the user's password, which `attempt` is. Otherwise it is counted as a guess. A transaction that rests on the password compares
/// the hash: it may change meanwhile.
pub(super) async fn confirmed(
    app: &App,
    user: UserId,
    attempt: PasswordAttempt,
    origin: Origin,
) -> Result<PasswordHash, UserError> {
    let guess = Guess::password(user, origin);
    let guess = guess.begin(&app.store, app.clock.now()).await?;
    let found = app.store.get::<User>(&user).await?;
    let hash = found.ok_or(UserError::Gone)?.password_hash.clone();
    let lane = Lane::change(&user);
    match app.hasher.verify(lane, attempt, Some(hash.clone())).await {
        Ok(true) => {}
        Ok(false) => {
            security::password_refused(user);
            return Err(UserError::WrongPassword);
        }
        Err(error) => {
            guess.was_none(&app.store, app.clock.now()).await?;
            return Err(error.into());
        }
    }
    guess.was_right(&app.store, app.clock.now()).await?;
    Ok(hash)
}
