//! Writes mails to a directory, one file `ID.eml` each. A mail that is sent again replaces its file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tokio::task::spawn_blocking;

use crate::{Mail, MailError, Mailer};

/// A directory of mails.
#[derive(Debug, Clone)]
pub struct DirectoryMailer(PathBuf);

impl DirectoryMailer {
    /// A directory; created with the first mail if missing.
    #[must_use]
    pub const fn new(directory: PathBuf) -> Self {
        Self(directory)
    }
}

#[async_trait]
impl Mailer for DirectoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let (directory, name, eml) = (self.0.clone(), mail.id.to_string(), mail.to_eml());
        let written = spawn_blocking(move || write(&directory, &name, &eml)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(MailError::Unavailable(error.to_string())),
            Err(error) => Err(MailError::Unavailable(error.to_string())),
        }
    }
}

/// Writes the file beside its place and moves it there, so that no reader sees half of it.
fn write(directory: &Path, name: &str, eml: &str) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let half = directory.join(format!(".{name}.part"));
    let mut file = fs::File::create(&half)?;
    file.write_all(eml.as_bytes())?;
    file.sync_all()?;
    fs::rename(half, directory.join(format!("{name}.eml")))
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::Address;

    fn mail(id: u128, text: &str) -> Mail {
        Mail {
            id: Uuid::from_u128(id),
            at: Timestamp::from_millis(0),
            from: Address::parse("shop@example.com").unwrap(),
            to: Address::parse("ada@example.com").unwrap(),
            subject: "Hello".to_owned(),
            text: text.to_owned(),
        }
    }

    #[tokio::test]
    async fn a_mail_that_is_sent_again_is_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("mails");
        let mailer = DirectoryMailer::new(place.clone());
        for (id, text) in [(1, "one"), (2, "two"), (1, "one again")] {
            mailer.send(&mail(id, text)).await.unwrap();
        }
        let names: Vec<_> = fs::read_dir(&place).unwrap().collect();
        assert_eq!(names.len(), 2);
        let first = fs::read_to_string(place.join(format!("{}.eml", Uuid::from_u128(1)))).unwrap();
        assert!(first.ends_with("\r\n\r\none again\r\n"), "{first}");
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_written_is_an_error_that_names_no_address() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mailer = DirectoryMailer::new(file.path().join("below"));
        let error = mailer.send(&mail(1, "one")).await.unwrap_err();
        assert!(matches!(&error, MailError::Unavailable(_)));
        assert!(!error.to_string().contains("ada"));
    }
}
