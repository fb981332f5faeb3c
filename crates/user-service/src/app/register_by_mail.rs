//! Registers a user where mails are sent: a link in a mail shows that the address is theirs, and until then they cannot log in. Nothing
//! tells whether the address has a user already: a hash is made and a mail is asked for either way.
//!
//! An address that was registered and not verified may be registered again. The last name and password count, and earlier links are void.

use auth::{Password, PasswordHash, Revocation};
use kernel::UserId;
use store::{Store, StoreError, StoreResult, Tx};

use super::guesses::Origin;
use super::prove::contact_of;
use super::register::hashed;
use super::revocations::{Cut, end_all};
use super::{App, UserError};
use crate::domain::{Contact, Email, Language, Notice, SecondFactor, User, UserName};
use crate::events::{self, MailWish};
use crate::records::EMAIL_KEY;

pub(crate) async fn register_by_mail(
    app: &App,
    name: UserName,
    email: Email,
    password: Password,
    language: Option<Language>,
    origin: Origin,
) -> Result<(), UserError> {
    let user = hashed(app, name, email, password, origin).await?;
    let wish = app.wish(Notice::Verify, language);
    match ask_to_verify(&app.store, user, wish, app.cut()).await {
        // Another replica registered the address at the same time, and its mail is on the way.
        Err(StoreError::Duplicate(_)) => Ok(()),
        other => {
            app.revoked(other?.as_ref());
            Ok(())
        }
    }
}

/// Adds `user` and asks for the mail with the link. If their address has a user, that one gets a mail instead. Returns what is revoked: the
/// access tokens of one who was not verified, and logged in while no mails were sent.
pub(crate) async fn ask_to_verify(
    store: &Store,
    user: User,
    wish: MailWish,
    cut: Cut,
) -> StoreResult<Option<Revocation>> {
    let now = cut.at;
    store
        .write(move |tx| {
            let found = tx.find_by::<User>(EMAIL_KEY, user.email.key(), 1)?;
            let Some(owner) = found.first() else {
                tx.insert(user.clone())?;
                tx.put(Contact::unverified(user.id, wish.language))?;
                tx.send(events::named(&user, now))?;
                tx.send(events::send_mail(user.id, wish, now))?;
                return Ok(None);
            };
            let contact = contact_of(tx, owner.id)?;
            if contact.unverified {
                tx.put(contact.again(wish.language))?;
                let revocation = replace(tx, owner, &user.name, &user.password_hash, cut)?;
                tx.send(events::send_mail(owner.id, wish, now))?;
                return Ok(Some(revocation));
            }
            let notice = Notice::AlreadyRegistered;
            let wish = MailWish { notice, ..wish };
            tx.send(events::send_mail(owner.id, wish, now))?;
            Ok(None)
        })
        .await
}

/// Puts the last name and password in the place of those of a user who was not verified, and who may have set up a second factor while no
/// mails were sent.
fn replace(
    tx: &mut Tx<'_>,
    owner: &User,
    name: &UserName,
    password: &PasswordHash,
    cut: Cut,
) -> StoreResult<Revocation> {
    let (ended, revocation) = end_all(tx, owner, cut)?;
    let edited = ended.edited(name.clone(), None);
    let is_renamed = edited.is_some();
    let user = User {
        password_hash: password.clone(),
        second_factor_since: None,
        ..edited.unwrap_or(ended)
    };
    if is_renamed {
        tx.send(events::named(&user, cut.at))?;
    }
    tx.put(user)?;
    tx.delete::<SecondFactor>(&owner.id)?;
    Ok(revocation)
}

/// Whether a user may log in as far as their address is concerned.
pub(super) async fn is_verified(app: &App, user: UserId) -> StoreResult<bool> {
    if app.post.is_none() {
        return Ok(true);
    }
    let contact = app.store.get::<Contact>(&user).await?;
    Ok(contact.is_none_or(|contact| !contact.unverified))
}
