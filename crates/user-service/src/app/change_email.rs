//! Changes the address that a user logs in with: where mails are sent, once a link in a mail to the new one was followed.

use auth::{Caller, PasswordAttempt, PasswordHash, Revocation};
use kernel::{SessionId, UserId};
use store::{Store, StoreError, StoreResult};

use super::confirm::confirmed;
use super::guesses::Origin;
use super::prove::contact_of;
use super::revocations::{Cut, end_others};
use super::{App, UserError};
use crate::domain::{Email, Language, Notice, User};
use crate::events::{self, MailWish};
use crate::records::EMAIL_KEY;
use crate::security;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmailChange {
    /// The user has the address now.
    Changed,
    /// They have it when they follow the link.
    Asked,
    /// Another user has it.
    Taken,
    /// The password was changed meanwhile.
    WrongPassword,
}

/// Changes the address, or asks for the link.
pub(crate) async fn change_email(
    app: &App,
    caller: &Caller,
    email: Email,
    attempt: PasswordAttempt,
    language: Option<Language>,
    origin: Origin,
) -> Result<EmailChange, UserError> {
    let password = confirmed(app, caller.user, attempt, origin).await?;
    let wish = app.post.as_ref().map(|_| EmailWishes {
        change: app.wish(Notice::ChangeEmail, language),
        changing: app.wish(Notice::EmailChanging, language),
    });
    let wanted = WantedEmail {
        user: caller.user,
        session: caller.session,
        password,
        email,
    };
    let (change, revocation) = want_email(&app.store, wanted, wish, app.cut()).await?;
    app.revoked(revocation.as_ref());
    match change {
        EmailChange::Taken => Err(UserError::EmailTaken),
        EmailChange::WrongPassword => Err(UserError::WrongPassword),
        EmailChange::Changed => {
            security::email_changed(caller.user);
            Ok(change)
        }
        EmailChange::Asked => Ok(change),
    }
}

/// The mails to the new address and to the old one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmailWishes {
    /// To the new one.
    pub(crate) change: MailWish,
    /// To the old one.
    pub(crate) changing: MailWish,
}

/// The address that a user wants to have.
#[derive(Debug, Clone)]
pub(crate) struct WantedEmail {
    pub(crate) user: UserId,
    /// The session that they ask with.
    pub(crate) session: SessionId,
    pub(crate) password: PasswordHash,
    pub(crate) email: Email,
}

/// Changes the address if no mails are sent, and ends all other sessions with their access tokens; else notes it and asks for the mails. Who
/// has the address already gets a mail instead, and the caller learns nothing of it.
pub(crate) async fn want_email(
    store: &Store,
    wanted: WantedEmail,
    wishes: Option<EmailWishes>,
    cut: Cut,
) -> StoreResult<(EmailChange, Option<Revocation>)> {
    let changed = store
        .write(move |tx| {
            let WantedEmail { user, email, .. } = &wanted;
            let found = tx.get::<User>(user)?;
            let Some(found) = found.filter(|found| found.password_hash == wanted.password) else {
                return Ok((EmailChange::WrongPassword, None));
            };
            let contact = contact_of(tx, *user)?;
            let owner = tx.find_by::<User>(EMAIL_KEY, email.key(), 1)?;
            let other = owner.first().filter(|owner| owner.id != *user);
            let Some(wishes) = wishes else {
                if other.is_some() {
                    return Ok((EmailChange::Taken, None));
                }
                let (ended, revocation) = end_others(tx, &found, wanted.session, cut)?;
                let email = email.clone();
                tx.put(User { email, ..ended })?;
                tx.put(contact.proved())?;
                return Ok((EmailChange::Changed, Some(revocation)));
            };
            // The write of the user keeps the password as it was until the commit.
            tx.hold::<User>(user)?;
            tx.put(contact.wanting(email.clone()))?;
            match other {
                None => tx.send(events::send_mail(*user, wishes.change, cut.at))?,
                Some(other) => {
                    let notice = Notice::AlreadyRegistered;
                    let wish = MailWish {
                        notice,
                        ..wishes.change
                    };
                    tx.send(events::send_mail(other.id, wish, cut.at))?;
                }
            }
            tx.send(events::send_mail(*user, wishes.changing, cut.at))?;
            Ok((EmailChange::Asked, None))
        })
        .await;
    match changed {
        // The unique index decides.
        Err(StoreError::Duplicate(_)) => Ok((EmailChange::Taken, None)),
        other => other,
    }
}
