//! Registers someone.

use auth::Password;
use kernel::UserId;

use super::{App, UserError};
use crate::domain::{Email, User, UserName};
use crate::store::Registered;

pub(crate) async fn register(
    app: &App,
    name: UserName,
    email: Email,
    password: Password,
) -> Result<User, UserError> {
    // The store decides below; asking first saves the hash.
    if app.store.user_by_email(&email).await?.is_some() {
        return Err(UserError::EmailTaken);
    }
    let user = User {
        id: UserId::new(&*app.ids),
        name,
        email,
        password_hash: app.hasher.hash(password).await?,
        roles: Vec::new(),
        created_at: app.clock.now(),
    };
    match app.store.register(user.clone()).await? {
        Registered::Done => Ok(user),
        Registered::EmailTaken => Err(UserError::EmailTaken),
    }
}
