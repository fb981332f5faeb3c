//! The section `mail` of the settings.

use std::path::PathBuf;
use std::sync::Arc;

use kernel::{SecretUri, WrongSetting};
use serde::{Deserialize, Serialize};

use crate::{Address, DirectoryMailer, LogMailer, Mailer};

/// How mails leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// None are sent, and what needs them is refused.
    #[default]
    Off,
    /// To the log. Not in production.
    Log,
    /// To the directory `mail.directory`.
    File,
    /// To the mail server `mail.smtp_uri`; needs the feature `tls`.
    Smtp,
}

/// Settings of mails.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// How they leave.
    pub transport: Transport,
    /// The address that they come from.
    pub from: String,
    /// Where the transport `file` writes them.
    pub directory: PathBuf,
    /// The mail server: `smtps://USER:PASSWORD@HOST`, or `smtp://…?tls=required`.
    pub smtp_uri: Option<SecretUri>,
    /// A file that holds the URI instead, for secrets that are mounted.
    pub smtp_uri_file: Option<PathBuf>,
    /// A directory whose templates replace those of the same path, such as `de/reset.txt`.
    pub templates: Option<PathBuf>,
    /// The language of readers who have not said theirs.
    pub language: String,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            transport: Transport::Off,
            from: "marketplace@localhost".to_owned(),
            directory: PathBuf::from("./mails"),
            smtp_uri: None,
            smtp_uri_file: None,
            templates: None,
            language: "en".to_owned(),
        }
    }
}

impl MailConfig {
    /// Whether mails are sent.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.transport != Transport::Off
    }

    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        self.sender()?;
        let has_uri = self.smtp_uri.is_some() || self.smtp_uri_file.is_some();
        if self.transport == Transport::Smtp && !has_uri {
            let reason =
                "the transport smtp needs the mail server in mail.smtp_uri or mail.smtp_uri_file";
            return Err(WrongSetting::together(
                &["mail.transport", "mail.smtp_uri"],
                reason,
            ));
        }
        if self.transport == Transport::Smtp && !cfg!(feature = "tls") {
            let reason =
                "smtp needs a build with the feature `tls`; this one has off, log and file";
            return Err(WrongSetting::new("mail.transport", reason));
        }
        if let Some(uri) = &self.smtp_uri {
            check_uri(uri)?;
        }
        Ok(())
    }

    /// Checks what production must not do: write links that work to the log, or send them unencrypted.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn allowed_in_production(&self) -> Result<(), WrongSetting> {
        if self.transport == Transport::Log {
            let reason = "log writes links that reset passwords to the log; allowed in production: off, file, smtp";
            return Err(WrongSetting::together(
                &["mail.transport", "profile"],
                reason,
            ));
        }
        let is_open = |uri: &SecretUri| {
            uri.scheme() == Some("smtp") && !uri.expose().contains("tls=required")
        };
        if self.smtp_uri.as_ref().is_some_and(is_open) {
            let reason = "it is not encrypted; in production it has to begin with smtps:// or to end with ?tls=required";
            return Err(WrongSetting::together(
                &["mail.smtp_uri", "profile"],
                reason,
            ));
        }
        Ok(())
    }

    /// The address that mails come from.
    ///
    /// # Errors
    /// If the setting is no address.
    pub fn sender(&self) -> Result<Address, WrongSetting> {
        let wrong = || {
            let reason = format!(
                "it is {:?}; it has to be an address such as shop@example.com",
                self.from
            );
            WrongSetting::new("mail.from", reason)
        };
        Address::parse(&self.from).ok_or_else(wrong)
    }

    /// What sends mails. None if they are off.
    ///
    /// # Errors
    /// If the mail server's address is wrong, its file cannot be read, or this build knows no mail servers.
    pub fn mailer(&self) -> Result<Option<Arc<dyn Mailer>>, WrongSetting> {
        Ok(match self.transport {
            Transport::Off => None,
            Transport::Log => Some(Arc::new(LogMailer)),
            Transport::File => Some(Arc::new(DirectoryMailer::new(self.directory.clone()))),
            Transport::Smtp => Some(self.smtp()?),
        })
    }

    #[cfg(feature = "tls")]
    fn smtp(&self) -> Result<Arc<dyn Mailer>, WrongSetting> {
        let uri = match &self.smtp_uri_file {
            None => self.smtp_uri.clone(),
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    let reason = format!("{}: {error}", file.display());
                    WrongSetting::new("mail.smtp_uri_file", reason)
                })?;
                Some(text.trim().to_owned().into())
            }
        };
        let missing = || WrongSetting::new("mail.smtp_uri", "it is not set");
        let uri = uri.ok_or_else(missing)?;
        let mailer = crate::SmtpMailer::new(&uri).map_err(|reason| {
            WrongSetting::new("mail.smtp_uri", format!("it is {uri}; {reason}"))
        })?;
        Ok(Arc::new(mailer))
    }

    #[cfg(not(feature = "tls"))]
    fn smtp(&self) -> Result<Arc<dyn Mailer>, WrongSetting> {
        Err(WrongSetting::new(
            "mail.transport",
            "smtp needs a build with the feature `tls`",
        ))
    }
}

fn check_uri(uri: &SecretUri) -> Result<(), WrongSetting> {
    if matches!(uri.scheme(), Some("smtp" | "smtps")) {
        return Ok(());
    }
    let reason = format!("it is {uri}; it has to begin with smtps:// or smtp://");
    Err(WrongSetting::new("mail.smtp_uri", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_refused_by_name() {
        assert_eq!(MailConfig::default().validate(), Ok(()));
        let default = MailConfig::default;
        for (config, key) in [
            (
                MailConfig {
                    from: "nobody".to_owned(),
                    ..default()
                },
                "mail.from",
            ),
            (
                MailConfig {
                    transport: Transport::Smtp,
                    ..default()
                },
                "mail.transport",
            ),
            (
                MailConfig {
                    smtp_uri: Some("http://u:s3cret@h".to_owned().into()),
                    ..default()
                },
                "mail.smtp_uri",
            ),
        ] {
            let refused = config.validate().unwrap_err();
            assert_eq!(refused.keys.first(), Some(&key));
            assert!(!refused.reason.contains("s3cret"));
        }
    }

    #[test]
    fn production_refuses_mails_in_the_log_and_in_the_clear() {
        let log = MailConfig {
            transport: Transport::Log,
            ..MailConfig::default()
        };
        assert_eq!(
            log.allowed_in_production().unwrap_err().keys,
            ["mail.transport", "profile"]
        );
        for (uri, allowed) in [
            ("smtp://mail.example", false),
            ("smtp://mail.example?tls=required", true),
            ("smtps://u:p@mail.example", true),
        ] {
            let config = MailConfig {
                smtp_uri: Some(uri.to_owned().into()),
                ..MailConfig::default()
            };
            assert_eq!(config.allowed_in_production().is_ok(), allowed, "{uri}");
        }
    }
}
