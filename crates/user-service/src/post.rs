//! Writes mails from templates and hands them to the mailer. The templates are compiled in; a directory of the operator's replaces any
//! of them. What they are given is in `docs/ACCOUNTS.md`.

mod samples;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use host::settings::Settings;
use kernel::{MessageId, Timestamp, WrongSetting, written};
use mail::{Address, Mail, MailError, Mailer};
use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::domain::{Email, Language, Notice, OrderNews, Proof};

macro_rules! templates {
    ($($path:literal)+) => {
        /// Each template with its path.
        const TEMPLATES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../mails/", $path)))),+];
    };
}

templates! {
    "de/already_registered.txt"
    "de/cancelled.txt"
    "de/change_email.txt"
    "de/dispute_opened.txt"
    "de/dispute_resolved.txt"
    "de/email_changing.txt"
    "de/order_confirmed.txt"
    "de/paid_out.txt"
    "de/password_changed.txt"
    "de/recovery_code_used.txt"
    "de/refunded.txt"
    "de/reset.txt"
    "de/return_approved.txt"
    "de/return_denied.txt"
    "de/return_requested.txt"
    "de/second_factor_disabled.txt"
    "de/second_factor_enabled.txt"
    "de/shipped.txt"
    "de/sold.txt"
    "de/verify.txt"
    "en/already_registered.txt"
    "en/cancelled.txt"
    "en/change_email.txt"
    "en/dispute_opened.txt"
    "en/dispute_resolved.txt"
    "en/email_changing.txt"
    "en/order_confirmed.txt"
    "en/paid_out.txt"
    "en/password_changed.txt"
    "en/recovery_code_used.txt"
    "en/refunded.txt"
    "en/reset.txt"
    "en/return_approved.txt"
    "en/return_denied.txt"
    "en/return_requested.txt"
    "en/second_factor_disabled.txt"
    "en/second_factor_enabled.txt"
    "en/shipped.txt"
    "en/sold.txt"
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
    /// What it says.
    pub(crate) about: About<'a>,
}

/// What a mail says.
#[derive(Clone, Copy)]
pub(crate) enum About<'a> {
    /// Something about the account.
    Account {
        /// The secret of its link, empty if it has none.
        token: &'a str,
    },
    /// What happened to an order.
    Order(&'a OrderNews),
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

    /// Renders every template, with all that it may be given and with no more than it must be: a fault shows at the
    /// start, not in the first mail.
    fn check(&self) -> Result<(), WrongSetting> {
        let (full, bare) = (samples::full(), samples::bare());
        for language in Language::ALL {
            for notice in Notice::all() {
                let about = match notice.topic() {
                    None => [About::Account { token: "token" }; 2],
                    Some(_) => [About::Order(&full), About::Order(&bare)],
                };
                for about in about {
                    self.render(language, notice, about).map_err(|error| {
                        let path = path(language, notice);
                        WrongSetting::new("mail.templates", format!("{path}: {error:#}"))
                    })?;
                }
            }
        }
        Ok(())
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`MailError`].
    pub(crate) async fn send(&self, letter: Letter<'_>) -> Result<(), MailError> {
        let language = letter.language.unwrap_or(self.language);
        let rendered = self.render(language, letter.notice, letter.about);
        let (subject, text) = rendered.map_err(|error| {
            let path = path(language, letter.notice);
            MailError::Refused(format!("{path}: {error:#}"))
        })?;
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
    fn render(
        &self,
        language: Language,
        notice: Notice,
        about: About<'_>,
    ) -> Result<(String, String), minijinja::Error> {
        let site = &self.site;
        let given = match about {
            About::Account { token } => {
                let minutes = Proof::LIFETIME.as_secs() / 60;
                context! { site, token, minutes }
            }
            About::Order(news) => self.given(language, news),
        };
        let template = self.templates.get_template(&path(language, notice))?;
        let rendered = template.render(given)?;
        let (subject, text) = rendered.split_once('\n').unwrap_or((&rendered, ""));
        let text = format!("{}\n", text.trim());
        Ok((subject.trim().to_owned(), text))
    }

    /// What the template of a mail about an order is given. What does not apply is empty.
    fn given(&self, language: Language, news: &OrderNews) -> Value {
        let (site, order, code) = (&self.site, news.order.to_string(), language.code());
        let page = if news.as_seller {
            "sell/orders"
        } else {
            "orders"
        };
        let amount = news.amount;
        let amount = amount.map(|sum| written::money(sum.amount, sum.currency.as_str(), code));
        let until = news.until.map(|until| until.to_string());
        let until = until.and_then(|until| written::day(&until, language.months(), code));
        context! {
            site,
            link => format!("{site}/{page}/{order}"),
            order,
            is_seller => news.as_seller,
            items => news.items,
            amount => amount.unwrap_or_default(),
            until => until.unwrap_or_default(),
            carrier => news.carrier,
            tracking_number => news.tracking_number,
        }
    }
}

/// Where the template of a mail is.
fn path(language: Language, notice: Notice) -> String {
    format!("{}/{}.txt", language.code(), notice.as_str())
}

/// The templates, with those of the operator's directory in their places.
fn environment(theirs: Option<&Path>) -> Result<Environment<'static>, WrongSetting> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // A line that has only a tag is no line of the mail.
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
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
mod tests;
