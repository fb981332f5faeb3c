//! Which forms are taken: those of our own pages only.

use actix_web::http::{Method, header};
use serde::{Deserialize, Serialize};

use super::Visit;
use crate::failure::{Failure, Refusal};
use crate::fields::Fields;
use crate::vault::CannotSeal;

/// Purpose of the seal of a form's token.
const CSRF: &str = "csrf";
/// Purpose of the seal of a form that was sent after its login had ended.
const TYPED: &str = "typed";

/// A form that was sent after its login had ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Typed {
    pub(crate) path: String,
    pub(crate) fields: Fields,
}

impl Visit {
    /// A token for a form. It differs each time, so that a compressed page gives nothing away about it (BREACH).
    pub(super) fn csrf(&self) -> Result<String, CannotSeal> {
        self.pages.shared.vault.seal(CSRF, &self.browser)
    }

    pub(super) fn sends_a_form(&self) -> bool {
        let kind = self.request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let media_type = kind.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    /// Checks that a form comes from a page that this browser was shown.
    ///
    /// # Errors
    /// If it does not, or cannot be read.
    pub(super) fn admit(&mut self) -> Result<(), Failure> {
        if let Some(failure) = self.unreadable.take() {
            return Err(failure);
        }
        if self.request.method() != Method::POST {
            return Ok(());
        }
        let site = self.request.headers().get("sec-fetch-site");
        let elsewhere = site.is_some_and(|site| site != "same-origin" && site != "none");
        let token = self.form.raw(CSRF);
        let browser: Option<String> = self.pages.shared.vault.open(CSRF, token);
        if elsewhere || browser.as_ref() != Some(&self.browser) {
            return Err(Failure::Refused(Refusal::own(403, "stale_form")));
        }
        Ok(())
    }

    /// What was typed into the form of this request, sealed for after the login. Passwords are left out. None if nothing was read.
    pub(super) fn typed(&self) -> Option<String> {
        if self.form.0.is_empty() {
            return None;
        }
        let mut fields = self.form.clone();
        fields
            .0
            .retain(|(name, _)| name != CSRF && !name.to_ascii_lowercase().contains("password"));
        let path = self.request.path().to_owned();
        let typed = Typed { path, fields };
        self.pages.shared.vault.seal(TYPED, &typed).ok()
    }

    /// Opens what was typed before the login.
    pub(crate) fn open_typed(&self, sealed: &str) -> Option<Typed> {
        self.pages.shared.vault.open(TYPED, sealed)
    }
}
