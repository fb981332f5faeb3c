//! Reads `Authorization: Bearer` and answers as RFC 6750 specifies.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, web};
use platform_http::{Problem, common};

use crate::{Caller, Role, TokenError, Verifier};

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).and_then(|caller| caller.ok_or_else(missing)))
    }
}

impl Caller {
    /// The caller, if the request has an `Authorization` header.
    ///
    /// # Errors
    /// 401 if its token is invalid.
    pub fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let mut values = request.headers().get_all(header::AUTHORIZATION);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(invalid("There is more than one Authorization header."));
        }
        let token = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(missing)?;
        let Some(verifier) = request.app_data::<web::Data<Verifier>>() else {
            return Err(Problem::internal("no token verifier was registered"));
        };
        verifier.verify(token).map(Some).map_err(refusal)
    }
}

/// Admits only callers with the role `admin`.
///
/// # Errors
/// 403 for any other caller.
pub fn operators_only(caller: &Caller) -> Result<(), Problem> {
    if caller.has(Role::Admin) {
        return Ok(());
    }
    let detail = "This takes the role admin.";
    Err(Problem::new(&common::FORBIDDEN, detail))
}

fn refusal(error: TokenError) -> Problem {
    match error {
        TokenError::Expired => invalid("The token has expired."),
        TokenError::Invalid(reason) => {
            tracing::debug!(reason, "a token was refused");
            invalid("The token is not valid.")
        }
        TokenError::Revoked => invalid("The token was revoked: its login has ended or changed."),
        // Not 401: the token may be valid, and its client must not discard it.
        TokenError::NoKeys => {
            tracing::warn!("a token came before the keys to check it with");
            Problem::new(
                &common::UNAVAILABLE,
                "The keys that tokens are checked with have not been loaded yet. Please try again in a moment.",
            )
            .retry_after(1)
        }
        TokenError::Signing(_) => Problem::internal(error),
    }
}

/// No credentials of a supported scheme: the challenge names no error (RFC 6750 section 3.1).
fn missing() -> Problem {
    Problem::new(
        &common::UNAUTHENTICATED,
        "Send Authorization: Bearer with the token of POST /api/users/login.",
    )
    .header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"marketplace\""),
    )
}

fn invalid(description: &'static str) -> Problem {
    let challenge = format!(
        "Bearer realm=\"marketplace\", error=\"invalid_token\", error_description=\"{description}\""
    );
    match HeaderValue::from_str(&challenge) {
        Ok(value) => Problem::new(&common::UNAUTHENTICATED, description)
            .header(header::WWW_AUTHENTICATE, value),
        Err(error) => Problem::internal(error),
    }
}
