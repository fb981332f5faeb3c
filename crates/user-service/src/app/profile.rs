//! Shows and changes the caller's own profile.

use std::sync::Arc;

use kernel::{Timestamp, UserId};
use store::{Store, StoreResult};

use super::{App, UserError};
use crate::domain::{User, UserName};
use crate::events;

pub(crate) async fn profile(app: &App, user: UserId) -> Result<User, UserError> {
    let found = app.store.get::<User>(&user).await?;
    found.map(Arc::unwrap_or_clone).ok_or(UserError::Gone)
}

pub(crate) async fn rename(app: &App, user: UserId, name: UserName) -> Result<User, UserError> {
    let renamed = change_name(&app.store, user, name, app.clock.now()).await?;
    renamed.ok_or(UserError::Gone)
}

/// Renames the user, tells the other services, and returns the updated user. The name that they have changes nothing. None if there is no
/// such user.
pub(crate) async fn change_name(
    store: &Store,
    user: UserId,
    name: UserName,
    now: Timestamp,
) -> StoreResult<Option<User>> {
    store
        .write(move |tx| {
            let Some(found) = tx.get::<User>(&user)? else {
                return Ok(None);
            };
            let Some(renamed) = found.renamed(name.clone()) else {
                return Ok(Some(Arc::unwrap_or_clone(found)));
            };
            tx.put(renamed.clone())?;
            tx.send(events::named(&renamed, now))?;
            Ok(Some(renamed))
        })
        .await
}
