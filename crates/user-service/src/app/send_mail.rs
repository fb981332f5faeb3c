//! Sends a user a mail. The secret of its link is made here and exists only in the mail: the store keeps its digest. A mail that is sent
//! again has another secret, and both work.

use auth::OpaqueToken;
use kernel::{MessageId, Timestamp, UserId};
use mail::MailError;
use store::{Store, StoreResult};

use super::notifications::{contact, wanted};
use super::{App, UserError};
use crate::domain::{Contact, Language, Notice, OrderNews, Proof, Purpose, User};
use crate::post::{About, Letter, Post};

/// A mail to send.
#[derive(Debug, Clone)]
pub(crate) struct MailOrder {
    /// The message that asks for it.
    pub(crate) id: MessageId,
    /// When it was asked for.
    pub(crate) at: Timestamp,
    /// The recipient. There may be no such user, which the requester must not learn.
    pub(crate) user: UserId,
    /// What it is about.
    pub(crate) notice: Notice,
    /// In which language, if the request named one.
    pub(crate) language: Option<Language>,
    /// What happened, if it is about an order.
    pub(crate) news: Option<OrderNews>,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Failed(#[from] UserError),
}

/// Sends the mail if there is such a user and still a reason to.
pub(crate) async fn send_mail(app: &App, order: MailOrder) -> Result<(), NotSent> {
    let Some(post) = &app.post else {
        tracing::warn!(id = %order.id, notice = order.notice.as_str(), "a mail was not sent: mails are off");
        return Ok(());
    };
    let found = app.store.get::<User>(&order.user).await;
    let Some(user) = found.map_err(UserError::from)? else {
        return Ok(());
    };
    let contact = contact(&app.store, order.user)
        .await
        .map_err(UserError::from)?;
    let wanted = wanted(&app.store, order.user)
        .await
        .map_err(UserError::from)?;
    if !order.notice.is_due(&user, &contact, &wanted) {
        return Ok(());
    }
    deliver(app, post, order, &user, &contact).await
}

async fn deliver(
    app: &App,
    post: &Post,
    order: MailOrder,
    user: &User,
    contact: &Contact,
) -> Result<(), NotSent> {
    let secret = match order.notice.purpose() {
        None => None,
        Some(purpose) => {
            let secret = OpaqueToken::generate().map_err(UserError::from)?;
            let now = app.clock.now();
            let proof = Proof::new(secret.digest(), purpose, user, contact, now);
            keep_proof(&app.store, proof)
                .await
                .map_err(UserError::from)?;
            Some(secret)
        }
    };
    let to = match order.notice.purpose() {
        Some(Purpose::ChangeEmail) => contact.pending.as_ref().unwrap_or(&user.email),
        Some(Purpose::Verify | Purpose::Reset) | None => &user.email,
    };
    let letter = Letter {
        id: order.id,
        at: order.at,
        notice: order.notice,
        language: order.language.or(contact.language),
        to,
        about: match &order.news {
            None => About::Account {
                token: secret.as_ref().map_or("", OpaqueToken::expose),
            },
            Some(news) => About::Order(news),
        },
    };
    post.send(letter).await?;
    tracing::info!(id = %order.id, user = %order.user, notice = order.notice.as_str(), "a mail was sent");
    Ok(())
}

/// Keeps what shows that a link is ours.
pub(crate) async fn keep_proof(store: &Store, proof: Proof) -> StoreResult<()> {
    store.write(move |tx| tx.insert(proof.clone())).await
}
