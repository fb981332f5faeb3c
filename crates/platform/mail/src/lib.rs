//! Sends mails. A [`Mailer`] hands one mail over; what it says and when it is sent again is decided elsewhere.
//!
//! Three adapters: the log, a directory of `.eml` files, and a mail server (SMTP, only in builds with the feature `tls`). A mail keeps
//! its `Message-ID` when it is sent again, so that mail servers and readers recognise the copy.

mod address;
mod config;
mod directory;
mod log;
mod message;
#[cfg(feature = "tls")]
mod smtp;

pub use address::Address;
pub use config::{MailConfig, Transport};
pub use directory::DirectoryMailer;
pub use log::LogMailer;
pub use message::Mail;
#[cfg(feature = "tls")]
pub use smtp::SmtpMailer;

use async_trait::async_trait;

/// Hands mails over to whatever delivers them.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands `mail` over. `Ok` only if the mail may be forgotten.
    ///
    /// # Errors
    /// [`MailError`]. It names no address.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// Why a mail was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It may go through later.
    #[error("the mail could not be handed over: {0}")]
    Unavailable(String),
    /// It will never go through.
    #[error("the mail was refused: {0}")]
    Refused(String),
}
