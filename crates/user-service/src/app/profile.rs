//! Shows and changes the caller's own profile.

use kernel::UserId;
use store::{Store, StoreResult};

use super::{App, UserError};
use crate::domain::{User, UserName};
use crate::records::UserRecord;

pub(crate) async fn profile(app: &App, user: UserId) -> Result<User, UserError> {
    let found = app.store.get::<UserRecord>(&user).await?;
    found
        .map(|record| record.user.clone())
        .ok_or(UserError::Gone)
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
            let Some(found) = tx.get::<UserRecord>(&user)? else {
                return Ok(None);
            };
            let mut record = (*found).clone();
            record.user.name = name.clone();
            tx.put(record.clone())?;
            Ok(Some(record.user))
        })
        .await
}
