//! Writes mails from templates and hands them to the mailer. The templates are compiled in; a directory of the operator's replaces any
//! of them. What they are given is in `docs/ACCOUNTS.md`.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use host::settings::Settings;
use kernel::{MessageId, Timestamp, WrongSetting};
use mail::{Address, Mail, MailError, Mailer};
use minijinja::{Environment, UndefinedBehavior, context};

use crate::domain::{Email, Language, Notice, Proof};

macro_rules! templates {
    ($($path:literal)+) => {
        /// Each template with its path.
        const TEMPLATES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../mails/", $path)))),+];
    };
}

templates! {
    "de/already_registered.txt"
    "de/change_email.txt"
    "de/email_changing.txt"
    "de/password_changed.txt"
    "de/reset.txt"
    "de/verify.txt"
    "en/already_registered.txt"
    "en/change_email.txt"
    "en/email_changing.txt"
    "en/password_changed.txt"
    "en/reset.txt"
    "en/verify.txt"
}

/// Writes and sends mails.
#[derive(Clone)]
pub struct Post {
    mailer: Arc<dyn Mailer>,
    templates: Arc<Environment<'static>>,
    from: Address,
    site: String,
    language: Language,
}

/// What a mail is about.
pub(crate) struct Letter<'a> {
    /// The message that asks for it. The mail keeps its id when it is sent again.
    pub(crate) id: MessageId,
    /// When it was asked for.
    pub(crate) at: Timestamp,
    /// Which template.
    pub(crate) notice: Notice,
    /// In which language; None for the marketplace's.
    pub(crate) language: Option<Language>,
    /// Who gets it.
    pub(crate) to: &'a Email,
    /// The secret of its link, empty if it has none.
    pub(crate) token: &'a str,
}

impl Post {
    /// What sends mails with these settings. None if they are off.
    ///
    /// # Errors
    /// The setting at fault. A template of the operator's that cannot be rendered is the fault of `mail.templates`.
    pub fn of(settings: &Settings) -> Result<Option<Self>, WrongSetting> {
        let config = &settings.mail;
        let Some(mailer) = config.mailer()? else {
            return Ok(None);
        };
        let language = Language::of(&config.language).ok_or_else(|| {
            let reason = format!("it is {:?}; allowed: en, de", config.language);
            WrongSetting::new("mail.language", reason)
        })?;
        let site = settings.server.public_url.as_ref();
        let site = site.map(ToString::to_string).ok_or_else(|| {
            WrongSetting::new("server.public_url", "it is not set, and mails hold links")
        })?;
        let post = Self {
            mailer,
            templates: Arc::new(environment(config.templates.as_deref())?),
            from: config.sender()?,
            site,
            language,
        };
        post.check()?;
        Ok(Some(post))
    }

    /// Renders every template once: a fault is found before anyone waits for a mail.
    fn check(&self) -> Result<(), WrongSetting> {
        for (path, _) in TEMPLATES {
            self.render(path, "token").map_err(|error| {
                WrongSetting::new("mail.templates", format!("{path}: {error:#}"))
            })?;
        }
        Ok(())
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`MailError`].
    pub(crate) async fn send(&self, letter: Letter<'_>) -> Result<(), MailError> {
        let language = letter.language.unwrap_or(self.language).code();
        let path = format!("{language}/{}.txt", letter.notice.as_str());
        let rendered = self.render(&path, letter.token);
        let (subject, text) =
            rendered.map_err(|error| MailError::Refused(format!("{path}: {error:#}")))?;
        let to = Address::parse(&letter.to.mailbox());
        let to =
            to.ok_or_else(|| MailError::Refused("the address is none for mails".to_owned()))?;
        let mail = Mail {
            id: letter.id.as_uuid(),
            at: letter.at,
            from: self.from.clone(),
            to,
            subject,
            text,
        };
        self.mailer.send(&mail).await
    }

    /// The subject, which is the first line of a template, and the text, which follows an empty line.
    fn render(&self, path: &str, token: &str) -> Result<(String, String), minijinja::Error> {
        let minutes = Proof::LIFETIME.as_secs() / 60;
        let rendered = self.templates.get_template(path)?.render(context! {
            site => self.site,
            token,
            minutes,
        })?;
        let (subject, text) = rendered.split_once('\n').unwrap_or((&rendered, ""));
        let text = format!("{}\n", text.trim());
        Ok((subject.trim().to_owned(), text))
    }
}

/// The templates, with those of the operator's directory in their places.
fn environment(theirs: Option<&Path>) -> Result<Environment<'static>, WrongSetting> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (path, own) in TEMPLATES {
        let wrong = |reason: String| WrongSetting::new("mail.templates", reason);
        let text = match theirs.map(|directory| directory.join(path)) {
            None => (*own).to_owned(),
            Some(file) => match std::fs::read_to_string(&file) {
                Ok(text) => text,
                Err(error) if error.kind() == ErrorKind::NotFound => (*own).to_owned(),
                Err(error) => return Err(wrong(format!("{}: {error}", file.display()))),
            },
        };
        environment
            .add_template_owned(*path, text)
            .map_err(|error| wrong(format!("{path}: {error:#}")))?;
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use mail::{MailConfig, Transport};

    use super::*;

    fn settings(templates: Option<&Path>) -> Settings {
        let mut settings = Settings {
            mail: MailConfig {
                transport: Transport::Log,
                templates: templates.map(Path::to_owned),
                ..MailConfig::default()
            },
            ..Settings::default()
        };
        settings.server.public_url = "https://shop.example".to_owned().try_into().ok();
        settings
    }

    #[test]
    fn each_mail_has_a_template_in_each_language() {
        let paths: Vec<&str> = TEMPLATES.iter().map(|(path, _)| *path).collect();
        for language in Language::ALL {
            for notice in Notice::ALL {
                let path = format!("{}/{}.txt", language.code(), notice.as_str());
                assert!(paths.contains(&path.as_str()), "{path}");
            }
        }
        let post = Post::of(&settings(None)).unwrap().unwrap();
        for notice in Notice::ALL {
            let path = format!("de/{}.txt", notice.as_str());
            let (subject, text) = post.render(&path, "the-token").unwrap();
            assert!(!subject.is_empty() && !subject.contains('\n'));
            assert!(text.contains("https://shop.example"));
            assert_eq!(
                text.contains("?token=the-token"),
                notice.purpose().is_some(),
                "{path}"
            );
        }
    }

    #[test]
    fn an_operators_template_takes_the_place_of_ours_and_a_fault_in_it_is_refused_at_the_start() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("en")).unwrap();
        let place = dir.path().join("en/reset.txt");
        std::fs::write(
            &place,
            "Lamps: {{ minutes }} minutes\n\nFollow {{ site }}/x/{{ token }}\n",
        )
        .unwrap();
        let post = Post::of(&settings(Some(dir.path()))).unwrap().unwrap();
        let (subject, text) = post.render("en/reset.txt", "abc").unwrap();
        assert_eq!(
            (subject.as_str(), text.as_str()),
            ("Lamps: 15 minutes", "Follow https://shop.example/x/abc\n")
        );
        for fault in ["Hello {{ nobody }}", "Hello {{"] {
            std::fs::write(&place, fault).unwrap();
            let refused = Post::of(&settings(Some(dir.path()))).map(drop).unwrap_err();
            assert_eq!(refused.keys, ["mail.templates"], "{fault}");
        }
    }
}
