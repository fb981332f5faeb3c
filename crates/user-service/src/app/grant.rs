//! Grants a role to a user. Not part of the API: only an operator can do it.

use auth::Role;
use store::{Store, StoreResult};

use crate::domain::{Email, User};
use crate::records::EMAIL_KEY;

/// Grants `role` to the user with `email` and returns the updated user, or None if there is no such user. Granting a role twice
/// changes nothing.
pub(crate) async fn grant(store: &Store, email: &Email, role: Role) -> StoreResult<Option<User>> {
    let key = email.key().to_owned();
    let granted = store
        .write(move |tx| {
            let found = tx.find_by::<User>(EMAIL_KEY, key.as_str(), 1)?;
            let Some(found) = found.into_iter().next() else {
                return Ok(None);
            };
            let mut user = (*found).clone();
            if !user.roles.contains(&role) {
                user.roles.push(role);
                user.roles.sort_unstable();
                tx.put(user.clone())?;
            }
            Ok(Some(user))
        })
        .await?;
    if let Some(user) = &granted {
        tracing::info!(user = %user.id, %role, "a role was granted");
    }
    Ok(granted)
}
