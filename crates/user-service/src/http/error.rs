//! The service's refusals, as problems.

use actix_web::http::header::{self, HeaderValue};
use kernel::Invalid;
use platform_http::{FieldError, Problem, ProblemType, common};

use crate::app::UserError;
use crate::domain::{AddressBook, AddressRefusal};

platform_http::problems! {
    pub PROBLEMS:
    EMAIL_TAKEN "email_taken" 409 "Someone has registered with this email"
    INVALID_CREDENTIALS "invalid_credentials" 401 "The email or the password is wrong"
    INVALID_REFRESH_TOKEN "invalid_refresh_token" 401 "The refresh token is not valid"
    // Not 401: the bearer token is good, and a client must not discard it.
    WRONG_PASSWORD "wrong_password" 403 "The current password is wrong"
    ADDRESS_NOT_FOUND "address_not_found" 404 "There is no such address"
    TOO_MANY_ADDRESSES "too_many_addresses" 409 "A user keeps only so many addresses"
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::EmailTaken => Self::new(
                &EMAIL_TAKEN,
                "Log in instead, or register with another email.",
            ),
            UserError::InvalidCredentials => challenge(
                &INVALID_CREDENTIALS,
                "No user has this email and this password.",
            ),
            UserError::InvalidRefreshToken => challenge(
                &INVALID_REFRESH_TOKEN,
                "It is unknown, has expired or was used before. Log in again.",
            ),
            UserError::Gone => challenge(
                &common::UNAUTHENTICATED,
                "The user of this token is not here any more.",
            ),
            UserError::WrongPassword => Self::new(&WRONG_PASSWORD, "The password was not changed."),
            UserError::Invalid(invalid) => Self::validation(vec![FieldError::new("", invalid)]),
            UserError::Address(refusal) => address(refusal),
            UserError::Setting(error) => Self::internal(error),
            UserError::Hash(error) => error.into(),
            UserError::Store(error) => error.into(),
            UserError::Token(error) => Self::internal(error),
            UserError::Randomness(error) => Self::internal(error),
        }
    }
}

fn address(refusal: AddressRefusal) -> Problem {
    match refusal {
        AddressRefusal::Full => Problem::new(
            &TOO_MANY_ADDRESSES,
            format!(
                "You keep {} addresses. Remove one first.",
                AddressBook::MOST
            ),
        ),
        AddressRefusal::NotFound => {
            Problem::new(&ADDRESS_NOT_FOUND, "You keep no address with this id.")
        }
        AddressRefusal::DefaultNeeded => {
            let detail = "must not be false for the default: make another address the default";
            let invalid = Invalid::new("default_needed", detail);
            Problem::validation(vec![FieldError::new("/isDefault", invalid)])
        }
    }
}

/// A 401 has to say how to authenticate (RFC 9110 section 11.6.1).
fn challenge(kind: &'static ProblemType, detail: &str) -> Problem {
    Problem::new(kind, detail).header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"marketplace\""),
    )
}
