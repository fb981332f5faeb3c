//! Uses the link of a mail, once: shows that an address is its user's, or sets another password.

use auth::{OpaqueToken, Password, PasswordHash, Revocation};
use kernel::{Timestamp, UserId};
use store::{Store, StoreError, StoreResult, Tx};

use super::guesses::Origin;
use super::revocations::{Cut, end_all};
use super::{App, UserError};
use crate::domain::{Contact, Notice, Proof, Purpose, TokenDigest, User};
use crate::events::{self, MailWish};
use crate::records::EMAIL_KEY;
use crate::security;

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proved {
    /// It was good.
    Done(UserId),
    /// It is unknown, has expired, was used, is for something else, or a later one took its place.
    NotGood,
    /// The address that it would give to its user has another one by now.
    EmailTaken,
}

/// Shows that the address is the user's: the one that they registered with, or the one that they want to have.
pub(crate) async fn verify_email(app: &App, token: &OpaqueToken) -> Result<(), UserError> {
    let (proved, revocation) = prove_email(&app.store, token.digest(), app.cut()).await?;
    app.revoked(revocation.as_ref());
    match proved {
        Proved::Done(user) => {
            // Only a change of the address ends logins.
            if revocation.is_some() {
                security::email_changed(user);
            }
            Ok(())
        }
        Proved::NotGood => Err(UserError::LinkNotGood),
        Proved::EmailTaken => Err(UserError::EmailTaken),
    }
}

/// Sets another password and ends all logins.
pub(crate) async fn reset_password(
    app: &App,
    token: &OpaqueToken,
    new: Password,
    origin: Origin,
) -> Result<(), UserError> {
    // A link that is not good costs no hash.
    let (digest, cut) = (token.digest(), app.cut());
    let found = app.store.get::<Proof>(&digest).await?;
    if found.is_none_or(|proof| proof.purpose != Purpose::Reset || proof.expires_at <= cut.at) {
        return Err(UserError::LinkNotGood);
    }
    let new = app.hasher.hash(origin.lane(), new).await?;
    let wish = app.wish_if_sent(Notice::PasswordChanged, None);
    let (proved, revocation) = set_password(&app.store, digest, new, wish, cut).await?;
    app.revoked(revocation.as_ref());
    match proved {
        Proved::Done(user) => {
            security::password_reset(user);
            Ok(())
        }
        Proved::NotGood | Proved::EmailTaken => Err(UserError::LinkNotGood),
    }
}

/// Uses a link for an address. If the user has another one by it, all their sessions end, with their access tokens.
pub(crate) async fn prove_email(
    store: &Store,
    digest: TokenDigest,
    cut: Cut,
) -> StoreResult<(Proved, Option<Revocation>)> {
    let proved = store
        .write(move |tx| {
            let Some(good) = good(tx, &digest, cut.at)? else {
                return Ok((Proved::NotGood, None));
            };
            let email = match good.proof.purpose {
                Purpose::Reset => return Ok((Proved::NotGood, None)),
                Purpose::Verify => None,
                Purpose::ChangeEmail => good.contact.pending.clone(),
            };
            let mut revocation = None;
            if let Some(email) = email {
                let owner = tx.find_by::<User>(EMAIL_KEY, email.key(), 1)?;
                if owner.iter().any(|owner| owner.id != good.user.id) {
                    return Ok((Proved::EmailTaken, None));
                }
                let (ended, revoked) = end_all(tx, &good.user, cut)?;
                tx.put(User { email, ..ended })?;
                revocation = Some(revoked);
            }
            tx.put(good.contact.proved())?;
            tx.delete::<Proof>(&digest)?;
            Ok((Proved::Done(good.user.id), revocation))
        })
        .await;
    match proved {
        // The unique index decides.
        Err(StoreError::Duplicate(_)) => Ok((Proved::EmailTaken, None)),
        other => other,
    }
}

/// Uses a link for another password, and ends all sessions of the user, with their access tokens. It shows that the address is the user's,
/// too.
pub(crate) async fn set_password(
    store: &Store,
    digest: TokenDigest,
    new: PasswordHash,
    wish: Option<MailWish>,
    cut: Cut,
) -> StoreResult<(Proved, Option<Revocation>)> {
    store
        .write(move |tx| {
            let Some(good) = good(tx, &digest, cut.at)? else {
                return Ok((Proved::NotGood, None));
            };
            if good.proof.purpose != Purpose::Reset {
                return Ok((Proved::NotGood, None));
            }
            let user = good.user.id;
            let (ended, revocation) = end_all(tx, &good.user, cut)?;
            tx.put(User {
                password_hash: new.clone(),
                ..ended
            })?;
            tx.put(good.contact.proved())?;
            tx.delete::<Proof>(&digest)?;
            if let Some(wish) = wish {
                tx.send(events::send_mail(user, wish, cut.at))?;
            }
            Ok((Proved::Done(user), Some(revocation)))
        })
        .await
}

/// A link that is good, with what it was made for.
struct Good {
    proof: Proof,
    user: User,
    contact: Contact,
}

fn good(tx: &mut Tx<'_>, digest: &TokenDigest, now: Timestamp) -> StoreResult<Option<Good>> {
    let Some(proof) = tx.get::<Proof>(digest)? else {
        return Ok(None);
    };
    tx.want::<Contact>([proof.user])?;
    let Some(user) = tx.get::<User>(&proof.user)? else {
        return Ok(None);
    };
    let contact = contact_of(tx, user.id)?;
    let holds = proof.holds(&user, &contact, now);
    Ok(holds.then(|| Good {
        proof: (*proof).clone(),
        user: (*user).clone(),
        contact,
    }))
}

/// The contact of a user.
pub(super) fn contact_of(tx: &mut Tx<'_>, user: UserId) -> StoreResult<Contact> {
    let found = tx.get::<Contact>(&user)?;
    Ok(found.map_or_else(|| Contact::plain(user), |found| (*found).clone()))
}
