//! Shows and changes the caller's own profile.

use std::sync::Arc;

use kernel::{Metadata, Timestamp, UserId};
use store::{Store, StoreResult};

use super::{App, UserError};
use crate::domain::{User, UserName};
use crate::events;

pub(crate) async fn profile(app: &App, user: UserId) -> Result<User, UserError> {
    let found = app.store.get::<User>(&user).await?;
    found.map(Arc::unwrap_or_clone).ok_or(UserError::Gone)
}

/// Changes the name, and the metadata if there is some.
pub(crate) async fn change_profile(
    app: &App,
    user: UserId,
    name: UserName,
    metadata: Option<Metadata>,
) -> Result<User, UserError> {
    let edited = edit_profile(&app.store, user, name, metadata, app.clock.now()).await?;
    edited.ok_or(UserError::Gone)
}

/// Edits the user, tells the other services if they have another name now, and returns the updated user. What they have already changes
/// nothing. None if there is no such user.
pub(crate) async fn edit_profile(
    store: &Store,
    user: UserId,
    name: UserName,
    metadata: Option<Metadata>,
    now: Timestamp,
) -> StoreResult<Option<User>> {
    store
        .write(move |tx| {
            let Some(found) = tx.get::<User>(&user)? else {
                return Ok(None);
            };
            let Some(edited) = found.edited(name.clone(), metadata.clone()) else {
                return Ok(Some(Arc::unwrap_or_clone(found)));
            };
            tx.put(edited.clone())?;
            if edited.name_version != found.name_version {
                tx.send(events::named(&edited, now))?;
            }
            Ok(Some(edited))
        })
        .await
}
