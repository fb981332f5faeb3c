//! Lets an operator who is locked out set another password. Not part of the API.

use auth::OpaqueToken;
use kernel::Timestamp;
use store::{Store, StoreResult};

use super::prove::contact_of;
use crate::domain::{Email, Proof, Purpose, User};
use crate::records::EMAIL_KEY;
use crate::security;

/// Makes `secret` good for setting a password of the user with `email`. None if there is no such user.
pub(crate) async fn reset_access(
    store: &Store,
    email: &Email,
    secret: &OpaqueToken,
    now: Timestamp,
) -> StoreResult<Option<User>> {
    let (key, digest) = (email.key().to_owned(), secret.digest());
    let made = store
        .write(move |tx| {
            let found = tx.find_by::<User>(EMAIL_KEY, key.as_str(), 1)?;
            let Some(user) = found.into_iter().next() else {
                return Ok(None);
            };
            let contact = contact_of(tx, user.id)?;
            tx.insert(Proof::new(digest, Purpose::Reset, &user, &contact, now))?;
            Ok(Some((*user).clone()))
        })
        .await?;
    if let Some(user) = &made {
        security::access_reset(user.id);
    }
    Ok(made)
}
