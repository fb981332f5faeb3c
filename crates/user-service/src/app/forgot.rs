//! Sends a link that sets another password. Nothing tells whether the address has a user: what is stored is the same, and takes as long.

use kernel::{Timestamp, UserId};
use store::{Store, StoreResult};

use super::{App, UserError};
use crate::domain::User;
use crate::domain::{Email, Language, Notice};
use crate::events::{self, MailWish};
use crate::records::EMAIL_KEY;

pub(crate) async fn forgot_password(
    app: &App,
    email: &Email,
    language: Option<Language>,
) -> Result<(), UserError> {
    if app.post.is_none() {
        return Err(UserError::NoMail);
    }
    let wish = app.wish(Notice::Reset, language);
    let nobody = UserId::new(&*app.ids);
    ask_for_reset(&app.store, email, nobody, wish, app.clock.now()).await?;
    Ok(())
}

/// Asks for the mail, to `nobody` if no user has the address.
pub(crate) async fn ask_for_reset(
    store: &Store,
    email: &Email,
    nobody: UserId,
    wish: MailWish,
    now: Timestamp,
) -> StoreResult<()> {
    let key = email.key().to_owned();
    store
        .write(move |tx| {
            let found = tx.find_by::<User>(EMAIL_KEY, key.as_str(), 1)?;
            let user = found.first().map_or(nobody, |user| user.id);
            tx.send(events::send_mail(user, wish, now))
        })
        .await
}
