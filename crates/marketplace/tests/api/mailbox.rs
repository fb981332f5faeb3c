//! A directory that a marketplace sends mails to.

use std::path::PathBuf;

use host::testing::eventually;
use marketplace::Settings;

/// The directory.
pub(crate) struct Mailbox(tempfile::TempDir);

/// A mail in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) text: String,
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Settings of a marketplace that sends mails there.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.server.public_url = "https://shop.example".to_owned().try_into().ok();
        settings.mail.transport = mail::Transport::File;
        self.0.path().clone_into(&mut settings.mail.directory);
        settings
    }

    /// The mails to `to` so far, in no order.
    pub(crate) fn mails(&self, to: &str) -> Vec<Mail> {
        let files = std::fs::read_dir(self.0.path()).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        let mails =
            paths.filter(|path: &PathBuf| path.extension().is_some_and(|kind| kind == "eml"));
        let mut mails: Vec<Mail> = mails
            .map(|path| Mail::of(&std::fs::read_to_string(path).unwrap()))
            .collect();
        mails.retain(|mail| mail.to == to);
        mails
    }

    /// The one mail to `to` that has all of `words`, as soon as it is there.
    pub(crate) async fn mail(&self, to: &str, words: &[&str]) -> Mail {
        let has_all = |mail: &Mail| words.iter().all(|word| mail.text.contains(word));
        let found = eventually(&format!("a mail to {to} with {words:?}"), || async {
            let mut mails = self.mails(to);
            mails.retain(has_all);
            (!mails.is_empty()).then_some(mails)
        })
        .await;
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    /// The secret of the link in the mail that confirms the address `to`, and is not among `known`.
    pub(crate) async fn token(&self, to: &str, known: &[Mail]) -> String {
        eventually("a mail with a link", || async {
            let mails = self.mails(to);
            let mut new = mails.iter().filter(|mail| !known.contains(mail));
            let (_, rest) = new.find_map(|mail| mail.text.split_once("/verify?token="))?;
            Some(rest.split_whitespace().next().unwrap().to_owned())
        })
        .await
    }
}

impl Mail {
    fn of(eml: &str) -> Self {
        let (headers, body) = eml.split_once("\r\n\r\n").unwrap();
        let to = headers
            .split("\r\n")
            .find_map(|line| line.strip_prefix("To: "));
        let is_quoted = headers.contains("quoted-printable");
        Self {
            to: to.unwrap().to_owned(),
            text: if is_quoted {
                unquoted(body)
            } else {
                body.to_owned()
            },
        }
    }
}

/// A text that is quoted-printable.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut parts = joined.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}
