//! Why a page cannot be shown, or a form not be taken.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::lang::Lang;
use crate::vault::CannotSeal;

/// Refusals that are about one field, beside which they are told.
const BESIDE: [(&str, &str); 12] = [
    ("balance_limit", "amount"),
    ("email_taken", "email"),
    ("file_too_large", "file"),
    ("images_not_kept", "file"),
    ("insufficient_stock", "delta"),
    ("invalid_code", "code"),
    ("refund_exceeds", "amount"),
    ("sku_taken", "sku"),
    ("too_many_images", "file"),
    ("unknown_variant", "variantId"),
    ("wrong_code", "code"),
    ("wrong_password", "currentPassword"),
];

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The page requires a login.
    LogIn,
    /// There is nothing here, or nothing for these eyes.
    NotFound,
    /// The API, or the console itself, refuses.
    Refused(Refusal),
    /// The API gave no answer.
    Away(String),
    /// The console has a fault.
    Broken(String),
}

/// A refusal: a problem document, or one of the console's own.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    detail: String,
    /// The whole document.
    pub(crate) body: Value,
}

/// What a form says about what was refused: a sentence, and one for each field.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Faults {
    pub(crate) sentence: Option<String>,
    /// By place: a JSON pointer without its first slash.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Refusal {
    /// A refusal of the console itself; its text is `problem.{code}`.
    pub(crate) fn own(status: u16, code: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: String::new(),
            body: Value::Null,
        }
    }

    /// A problem document.
    pub(crate) fn of(status: u16, body: Value) -> Self {
        let text = |name: &str| {
            let text = body.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Self {
            status,
            code: text("code"),
            detail: text("detail"),
            body,
        }
    }

    /// A sentence in the reader's language, or else what the API says.
    pub(crate) fn sentence(&self, lang: &Lang) -> String {
        let known = lang.find(&format!("problem.{}", self.code));
        known.unwrap_or(&self.detail).to_owned()
    }

    /// What to say in the form.
    pub(crate) fn faults(&self, lang: &Lang) -> Faults {
        let errors = self.body.get("errors").and_then(Value::as_array);
        let fields = errors.into_iter().flatten().filter_map(|error| {
            let text = |name: &str| error.get(name).and_then(Value::as_str);
            let place = text("pointer")?.trim_start_matches(['/', '?']);
            // A price is typed into one field.
            let place = place.strip_suffix("/amount").unwrap_or(place);
            let known = lang.find(&format!("fault.{}", text("code")?));
            let sentence = known.or_else(|| text("detail"))?;
            Some((place.to_owned(), sentence.to_owned()))
        });
        let sentence = self.sentence(lang);
        let beside = BESIDE.iter().find(|(code, _)| *code == self.code);
        let beside = beside.map(|(_, field)| ((*field).to_owned(), sentence.clone()));
        Faults {
            fields: fields.chain(beside).collect(),
            sentence: Some(sentence),
        }
    }
}

impl Faults {
    /// One fault of a field.
    pub(crate) fn of_field(lang: &Lang, place: &str, code: &str) -> Self {
        let sentence = |key: &str| lang.find(key).map(str::to_owned);
        let fault = sentence(&format!("fault.{code}")).unwrap_or_else(|| code.to_owned());
        Self {
            sentence: sentence("problem.validation_failed"),
            fields: BTreeMap::from([(place.to_owned(), fault)]),
        }
    }
}

impl From<CannotSeal> for Failure {
    fn from(error: CannotSeal) -> Self {
        Self::Broken(error.0)
    }
}

impl From<minijinja::Error> for Failure {
    fn from(error: minijinja::Error) -> Self {
        Self::Broken(format!("{error:#}"))
    }
}
