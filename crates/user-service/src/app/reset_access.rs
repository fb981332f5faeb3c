//! Lets an operator who is locked out set another password, and takes the second factor away that they may have lost. Not part of the API.

use auth::OpaqueToken;
use kernel::AuditId;
use store::{Store, StoreResult};

use super::prove::contact_of;
use super::revocations::Cut;
use super::second_factor::{take_away, tell};
use crate::domain::{Email, Proof, Purpose, User};
use crate::events::MailWish;
use crate::records::EMAIL_KEY;
use crate::security;

/// Whose access was reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessReset {
    /// The user, as they were.
    pub user: User,
    /// Whether they had a second factor, which is gone now.
    pub had_second_factor: bool,
}

/// Makes `secret` good for setting a password of the user with `email`, and turns their second factor off, of which `wish` is the mail that
/// tells them, if mails are sent. None if there is no such user.
pub(crate) async fn reset_access(
    store: &Store,
    email: &Email,
    secret: &OpaqueToken,
    audit: AuditId,
    wish: Option<MailWish>,
    cut: Cut,
) -> StoreResult<Option<AccessReset>> {
    let (key, digest) = (email.key().to_owned(), secret.digest());
    let made = store
        .write(move |tx| {
            let found = tx.find_by::<User>(EMAIL_KEY, key.as_str(), 1)?;
            let Some(user) = found.into_iter().next() else {
                return Ok(None);
            };
            let contact = contact_of(tx, user.id)?;
            tx.insert(Proof::new(digest, Purpose::Reset, &user, &contact, cut.at))?;
            let had_second_factor = user.second_factor_since.is_some();
            if had_second_factor {
                take_away(tx, &user, None, audit, cut)?;
                tell(tx, &user, wish, cut)?;
            }
            Ok(Some(AccessReset {
                user: (*user).clone(),
                had_second_factor,
            }))
        })
        .await?;
    if let Some(reset) = &made {
        security::access_reset(reset.user.id);
        if reset.had_second_factor {
            security::second_factor_disabled(reset.user.id, "command line");
        }
    }
    Ok(made)
}
