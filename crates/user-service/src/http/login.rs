//! POST /api/users/login.

use actix_web::{HttpResponse, web};
use auth::PasswordAttempt;
use platform_http::{
    Body, Fields, FromJson, Problem, ProblemDocument, Reader, WriteProblems, text,
};
use serde_json::Value;
use utoipa::ToSchema;

use super::user_json::{LoginJson, logged_in};
use crate::app::{self, App};
use crate::domain::Email;

/// Who wants to log in.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape for the API document; the request reads itself"
)]
pub(crate) struct LoginRequest {
    /// In whatever case.
    #[schema(max_length = 254, format = "email")]
    email: String,
    /// As it was registered.
    #[schema(format = "password")]
    password: String,
}

/// The request, read.
pub(crate) struct Login {
    email: Email,
    attempt: PasswordAttempt,
}

impl FromJson for Login {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::open(value, pointer, reader)?;
        let email = fields.required::<Email>("email");
        let attempt = fields.required::<Attempt>("password");
        fields.finish()?;
        Some(Self {
            email: email?,
            attempt: attempt?.0,
        })
    }
}

/// A password to be tried: any text.
pub(super) struct Attempt(pub(super) PasswordAttempt);

impl FromJson for Attempt {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, |raw| Ok(raw.into())).map(Self)
    }
}

/// Log in
///
/// Answers with an access token, to be sent as `Authorization: Bearer`, and a refresh token, to be exchanged for the next pair
/// before the access token expires.
#[utoipa::path(post, path = "/api/users/login", tag = "users", operation_id = "logIn", security(()),
    request_body(content = LoginRequest, example = json!({"email": "ada@example.com", "password": "correct horse battery"})),
    responses(
        (status = 200, description = "Logged in", body = LoginJson<'static>, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, description = "`invalid_credentials`: the same for an unknown email and a wrong password", body = ProblemDocument<'static>, content_type = "application/problem+json", headers(("WWW-Authenticate" = String, description = "Bearer"))),
        WriteProblems,
    ))]
pub(crate) async fn login(app: web::Data<App>, body: Body<Login>) -> Result<HttpResponse, Problem> {
    let Login { email, attempt } = body.into_inner();
    Ok(logged_in(&app::login(&app, &email, attempt).await?))
}
