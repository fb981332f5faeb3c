//! Writes mails to the log, for trying things out. The log then holds addresses and links that work, so production refuses it.

use async_trait::async_trait;

use crate::{Mail, MailError, Mailer};

/// Writes each mail as one line of the log, at the level `info`.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogMailer;

#[async_trait]
impl Mailer for LogMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        tracing::info!(
            id = %mail.id,
            to = mail.to.as_str(),
            subject = mail.subject,
            text = mail.text,
            "a mail"
        );
        Ok(())
    }
}
