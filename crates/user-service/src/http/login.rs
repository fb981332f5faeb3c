//! POST /api/users/login.

use actix_web::{HttpResponse, web};
use auth::PasswordAttempt;
use deserr::Deserr;
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::user_json::{LoginJson, logged_in};
use crate::app::{self, App};
use crate::domain::Email;

/// The user's credentials.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// Case-insensitive.
    email: Email,
    /// The user's password.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    password: PasswordAttempt,
}

/// Log in
///
/// Answers with an access token, to be sent as `Authorization: Bearer`, and a refresh token, to be exchanged for the next pair
/// before the access token expires.
#[utoipa::path(post, path = "/api/users/login", tag = "users", operation_id = "logIn", security(()),
    request_body(content = LoginRequest, examples(
        ("demo" = (summary = "A seller of `--demo`", value = json!({"email": "ada@demo.example", "password": "demo-password"}))),
        ("registered" = (summary = "Who registered with the example", value = json!({"email": "ada@example.com", "password": "correct horse battery"}))),
    )),
    responses(
        (status = 200, description = "Logged in", body = LoginJson<'static>, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, description = "`invalid_credentials`: the same for an unknown email and a wrong password"),
        (status = 429, description = "`too_many_requests`: a gateway counts logins per client"),
    ))]
pub(crate) async fn login(
    app: web::Data<App>,
    body: Body<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let LoginRequest { email, password } = body.into_inner();
    Ok(logged_in(&app::login(&app, &email, password).await?))
}
