//! Shows and changes one's own profile.

use kernel::UserId;

use super::{App, UserError};
use crate::domain::{User, UserName};

pub(crate) async fn profile(app: &App, user: UserId) -> Result<User, UserError> {
    app.store.user(user).await?.ok_or(UserError::Gone)
}

pub(crate) async fn rename(app: &App, user: UserId, name: UserName) -> Result<User, UserError> {
    app.store.rename(user, name).await?.ok_or(UserError::Gone)
}
