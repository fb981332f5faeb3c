//! The service's refusals, as problems.

use actix_web::http::header::{self, HeaderValue};
use platform_http::{Problem, ProblemType, common};

use crate::app::UserError;

/// 409.
pub(crate) const EMAIL_TAKEN: ProblemType = ProblemType {
    code: "email_taken",
    status: 409,
    title: "Someone has registered with this email",
};
/// 401, of a login.
pub(crate) const INVALID_CREDENTIALS: ProblemType = ProblemType {
    code: "invalid_credentials",
    status: 401,
    title: "The email or the password is wrong",
};
/// 401, of a refresh.
pub(crate) const INVALID_REFRESH_TOKEN: ProblemType = ProblemType {
    code: "invalid_refresh_token",
    status: 401,
    title: "The refresh token is not valid",
};
/// 403, of a password change. Not 401: the bearer token is good, and a client must not throw it away.
pub(crate) const WRONG_PASSWORD: ProblemType = ProblemType {
    code: "wrong_password",
    status: 403,
    title: "The current password is wrong",
};

/// This service's kinds of refusal, beside the common ones.
pub const PROBLEMS: &[&ProblemType] = &[
    &EMAIL_TAKEN,
    &INVALID_CREDENTIALS,
    &INVALID_REFRESH_TOKEN,
    &WRONG_PASSWORD,
];

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
