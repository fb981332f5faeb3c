//! The service's refusals, as problems.

use actix_web::http::header::{self, HeaderValue};
use platform_http::{FieldError, Problem, ProblemType, common};

use crate::app::UserError;

platform_http::problems! {
    pub PROBLEMS:
    EMAIL_TAKEN "email_taken" 409 "Someone has registered with this email"
    INVALID_CREDENTIALS "invalid_credentials" 401 "The email or the password is wrong"
    INVALID_REFRESH_TOKEN "invalid_refresh_token" 401 "The refresh token is not valid"
    // Not 401: the bearer token is good, and a client must not discard it.
    WRONG_PASSWORD "wrong_password" 403 "The current password is wrong"
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
            UserError::Setting(error) => Self::internal(error),
            UserError::Hash(error) => error.into(),
            UserError::Store(error) => error.into(),
            UserError::Token(error) => Self::internal(error),
            UserError::Randomness(error) => Self::internal(error),
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
