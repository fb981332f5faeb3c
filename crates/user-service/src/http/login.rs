//! POST /api/users/login.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::PasswordAttempt;
use deserr::Deserr;
use platform_http::{Body, Client, Faults, Problem, read_by_rule};
use utoipa::ToSchema;

use super::device::device;
use super::guesses::refusal;
use super::user_json::{LoginJson, logged_in};
use crate::app::{self, App};
use crate::domain::{Email, FactorCode};

read_by_rule! {
    FactorCode: String => |raw| Self::parse(&raw);
}

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
    /// If the user has a second factor: the 6 digits that the authenticator app shows, or a recovery code.
    #[deserr(default)]
    code: Option<FactorCode>,
}

/// Log in
///
/// Answers with an access token, to be sent as `Authorization: Bearer`, and a refresh token, to be exchanged for the next pair
/// before the access token expires. A user with a second factor also sends a code. Each code is good once.
#[utoipa::path(post, path = "/api/users/login", tag = "users", operation_id = "logIn", security(()),
    request_body(content = LoginRequest, examples(
        ("demo" = (summary = "A seller of `--demo`", value = json!({"email": "ada@demo.example", "password": "demo-password"}))),
        ("registered" = (summary = "Who registered with the example", value = json!({"email": "ada@example.com", "password": "correct horse battery"}))),
    )),
    responses(
        (status = 200, description = "Logged in", body = LoginJson<'static>, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, description = "`invalid_credentials`: the same for an unknown email and a wrong password; `second_factor_required`: the password is right, and a code is needed, too; `invalid_code`: the password is right, and the code is wrong or was used"),
        (status = 403, description = "`user_suspended`: the password is right, but an operator has suspended the user"),
        (status = 429, description = "`too_many_requests`: too many guesses have failed, for this account and from this address. The wait doubles with each more"),
    ))]
pub(crate) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    client: Client,
    body: Body<LoginRequest>,
) -> Result<HttpResponse, Problem> {
    let LoginRequest {
        email,
        password,
        code,
    } = body.into_inner();
    let (device, origin) = (device(&request), (&client).into());
    let login = app::login(&app, &email, password, code, device, origin).await;
    let login = login.map_err(|error| refusal(error, &client, |event| event.email(email.key())))?;
    Ok(logged_in(&login))
}
