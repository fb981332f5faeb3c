//! Which mails the caller gets about their orders, and in which language all their mails are.

use std::sync::Arc;

use kernel::UserId;
use store::{Store, StoreResult, Tx};

use super::prove::contact_of;
use super::{App, UserError};
use crate::domain::{Contact, Language, Notifications, User};

/// What the caller wants.
pub(crate) async fn notifications(
    app: &App,
    user: UserId,
) -> Result<(Notifications, Option<Language>), UserError> {
    let wanted = wanted(&app.store, user).await?;
    let contact = contact(&app.store, user).await?;
    Ok((wanted, contact.language))
}

/// Puts `wanted` in the place of what its user wanted. Without a language, mails are in the marketplace's.
pub(crate) async fn change_notifications(
    app: &App,
    wanted: Notifications,
    language: Option<Language>,
) -> Result<(), UserError> {
    let is_known = put_notifications(&app.store, wanted, language).await?;
    if is_known {
        Ok(())
    } else {
        Err(UserError::Gone)
    }
}

/// Saves it. False if there is no such user any more.
pub(crate) async fn put_notifications(
    store: &Store,
    wanted: Notifications,
    language: Option<Language>,
) -> StoreResult<bool> {
    store
        .write(move |tx| {
            let found = tx.get::<User>(&wanted.user)?;
            if found.is_none_or(|user| user.is_erased()) {
                return Ok(false);
            }
            let contact = contact_of(tx, wanted.user)?;
            if contact.language != language {
                tx.put(Contact {
                    language,
                    ..contact
                })?;
            }
            tx.put(wanted)?;
            Ok(true)
        })
        .await
}

/// The contact of a user.
pub(super) async fn contact(store: &Store, user: UserId) -> StoreResult<Contact> {
    let found = store.get::<Contact>(&user).await?;
    Ok(found.map_or_else(|| Contact::plain(user), Arc::unwrap_or_clone))
}

/// What a user wants.
pub(super) async fn wanted(store: &Store, user: UserId) -> StoreResult<Notifications> {
    let found = store.get::<Notifications>(&user).await?;
    Ok(found.map_or_else(|| Notifications::all(user), Arc::unwrap_or_clone))
}

/// What a user wants, within a transaction.
pub(super) fn wanted_of(tx: &mut Tx<'_>, user: UserId) -> StoreResult<Notifications> {
    let found = tx.get::<Notifications>(&user)?;
    Ok(found.map_or_else(|| Notifications::all(user), |found| *found))
}
