//! The first of the two steps of a login: what it was given is kept in the browser until the second, sealed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Visit;
use crate::vault::CannotSeal;

/// Purpose of the seal, and name of the cookie.
const FIRST_STEP: &str = "first_step";

/// How long the user has to enter their code.
const LASTS: Duration = Duration::from_mins(10);

/// An email and the password that goes with it.
#[derive(Serialize, Deserialize)]
pub(crate) struct FirstStep {
    pub(crate) email: String,
    pub(crate) password: String,
    /// When it is over, in milliseconds.
    until: i64,
}

impl Visit {
    /// Keeps the first step.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub(crate) fn keep_first_step(
        &mut self,
        email: String,
        password: String,
    ) -> Result<(), CannotSeal> {
        let step = FirstStep {
            email,
            password,
            until: self.now().plus(LASTS).as_millis(),
        };
        let shared = &self.pages.shared;
        let sealed = shared.vault.seal(FIRST_STEP, &step)?;
        let cookie = shared.cookies.set(FIRST_STEP, &sealed, LASTS.as_secs());
        self.set.push(cookie);
        Ok(())
    }

    /// The first step, if it was made and is not over.
    pub(crate) fn first_step(&self) -> Option<FirstStep> {
        let shared = &self.pages.shared;
        let sealed = shared.cookies.read(self.request.headers(), FIRST_STEP)?;
        let step: FirstStep = shared.vault.open(FIRST_STEP, sealed)?;
        (self.now().as_millis() < step.until).then_some(step)
    }

    pub(crate) fn forget_first_step(&mut self) {
        let cookies = self.pages.shared.cookies;
        self.set.push(cookies.set(FIRST_STEP, "", 0));
    }
}
