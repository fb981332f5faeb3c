//! Shows and changes the caller's own profile.

use std::sync::Arc;

use kernel::UserId;
use store::{Store, StoreResult};

use super::{App, UserError};
use crate::domain::{User, UserName};

pub(crate) async fn profile(app: &App, user: UserId) -> Result<User, UserError> {
    let found = app.store.get::<User>(&user).await?;
    found.map(Arc::unwrap_or_clone).ok_or(UserError::Gone)
}

pub(crate) async fn rename(app: &App, user: UserId, name: UserName) -> Result<User, UserError> {
    let renamed = change_name(&app.store, user, name).await?;
    renamed.ok_or(UserError::Gone)
}

/// Renames the user and returns the updated user. None if there is no such user.
pub(crate) async fn change_name(
    store: &Store,
    user: UserId,
    name: UserName,
) -> StoreResult<Option<User>> {
    store
        .write(move |tx| {
            let Some(found) = tx.get::<User>(&user)? else {
                return Ok(None);
            };
            let mut user = (*found).clone();
            user.name = name.clone();
            tx.put(user.clone())?;
            Ok(Some(user))
        })
        .await
}
