//! `SendMail`: a user gets a mail about their account or an order.
//!
//! A mail server may take long or not answer at all, and the sender of a batch waits for all of it. So a mail that takes longer than
//! [`PATIENCE`] is sent on beside the queue, and its message is answered with a retry; the next delivery of the message finds what became
//! of it. A process that stops meanwhile has lost nothing: the message is delivered again, and the mail has the same id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bus::{Handler, Outcome, Subscription};
use contracts::user::SendMail;
use contracts::{Envelope, MalformedMessage};
use futures_util::future::join_all;
use kernel::MessageId;
use mail::MailError;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::name;
use crate::app::{App, MailOrder, NotSent, send_mail};
use crate::domain::Language;
use crate::events;

/// The queue of mails to be sent.
pub const QUEUE: &str = "user.mails";
/// Most mails of one batch.
const MAX_BATCH: usize = 64;
/// Mails that are sent at once.
const AT_ONCE: usize = 8;
/// How long a batch waits for its mails.
const PATIENCE: Duration = Duration::from_secs(2);

/// Subscribes to mails.
pub(crate) fn mails(app: Arc<App>) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![name::<SendMail>()],
        handler: Arc::new(Mails {
            app,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            under_way: Mutex::default(),
        }),
        max_batch: MAX_BATCH,
    }
}

struct Mails {
    app: Arc<App>,
    places: Arc<Semaphore>,
    /// What took too long for its batch.
    under_way: Mutex<HashMap<MessageId, JoinHandle<Outcome>>>,
}

#[async_trait]
impl Handler for Mails {
    async fn handle(&self, batch: Vec<Arc<Envelope>>) -> Vec<Outcome> {
        let until = Instant::now() + PATIENCE;
        join_all(batch.iter().map(|message| self.one(message, until))).await
    }
}

impl Mails {
    async fn one(&self, message: &Envelope, until: Instant) -> Outcome {
        let order = match decode(message) {
            Ok(order) => order,
            Err(malformed) => return Outcome::Reject(malformed.to_string()),
        };
        let id = order.id;
        let earlier = self.lock().remove(&id);
        let mut sending = earlier.unwrap_or_else(|| self.begin(order));
        if let Ok(outcome) = timeout_at(until, &mut sending).await {
            outcome.unwrap_or_else(|_| Outcome::Retry("sending the mail broke off".to_owned()))
        } else {
            self.lock().insert(id, sending);
            Outcome::Retry("the mail is still being sent".to_owned())
        }
    }

    fn begin(&self, order: MailOrder) -> JoinHandle<Outcome> {
        let (app, places) = (self.app.clone(), self.places.clone());
        tokio::spawn(async move {
            match places.acquire().await {
                Ok(_place) => outcome(send_mail(&app, order).await),
                Err(closed) => Outcome::Retry(closed.to_string()),
            }
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, JoinHandle<Outcome>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn decode(message: &Envelope) -> Result<MailOrder, MalformedMessage> {
    let asked: SendMail = message.open()?;
    let (notice, news) = events::notice(&asked.notice, asked.news.as_ref())?;
    Ok(MailOrder {
        id: message.id,
        at: message.time,
        user: contracts::user_id(&asked.user_id)?,
        notice,
        language: Language::of(&asked.language),
        news,
    })
}

fn outcome(sent: Result<(), NotSent>) -> Outcome {
    match sent {
        Ok(()) => Outcome::Done,
        Err(NotSent::Mail(error @ MailError::Refused(_))) => Outcome::Reject(error.to_string()),
        Err(error @ (NotSent::Mail(MailError::Unavailable(_)) | NotSent::Failed(_))) => {
            Outcome::Retry(error.to_string())
        }
    }
}
