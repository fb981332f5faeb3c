//! Hands mails to a mail server by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use kernel::SecretUri;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::{Address, Mail, MailError, Mailer};

/// Longest wait for an answer of the server.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A mail server.
#[derive(Clone)]
pub struct SmtpMailer(AsyncSmtpTransport<Tokio1Executor>);

impl SmtpMailer {
    /// The server at `uri`: `smtps://USER:PASSWORD@HOST`, or `smtp://…?tls=required` for STARTTLS. Nothing connects yet.
    ///
    /// # Errors
    /// A sentence that shows nothing of the URI, which may hold a password.
    pub fn new(uri: &SecretUri) -> Result<Self, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(uri.expose())
            .map_err(|error| uri.hide_in(&error.to_string()))?;
        Ok(Self(builder.timeout(Some(TIMEOUT)).build()))
    }
}

fn parsed(address: &Address) -> Result<lettre::Address, MailError> {
    let parsed = address.as_str().parse();
    parsed.map_err(|_| MailError::Refused("an address is not one for SMTP".to_owned()))
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let envelope = Envelope::new(Some(parsed(&mail.from)?), vec![parsed(&mail.to)?])
            .map_err(|error| MailError::Refused(error.to_string()))?;
        let sent = self.0.send_raw(&envelope, mail.to_eml().as_bytes()).await;
        sent.map(drop).map_err(|error| failure(&error))
    }
}

/// The kind of failure. What the server said is left out: it often repeats the address.
fn failure(error: &Error) -> MailError {
    let code = error
        .status()
        .map_or_else(String::new, |code| format!(" {code}"));
    if error.is_permanent() {
        return MailError::Refused(format!("the mail server answered{code}"));
    }
    let what = if error.is_timeout() {
        "the mail server did not answer in time".to_owned()
    } else if error.status().is_some() {
        format!("the mail server answered{code}")
    } else if error.is_tls() {
        "the connection to the mail server could not be secured".to_owned()
    } else {
        "the mail server cannot be reached".to_owned()
    };
    MailError::Unavailable(what)
}

#[cfg(test)]
mod tests;
