//! GET, POST and DELETE /api/users/me/totp, POST /api/users/me/totp/confirm.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::{Caller, PasswordAttempt, Role};
use deserr::Deserr;
use kernel::Timestamp;
use platform_http::{Body, Client, Faults, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::guesses::refusal;
use crate::app::{self, App};
use crate::domain::{FactorCode, RecoveryCode};

/// Whether the user has a second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecondFactor)]
pub(super) struct SecondFactorJson {
    /// Whether a login needs a code.
    enabled: bool,
    /// Since when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    since: Option<Timestamp>,
    /// How many recovery codes were not used.
    #[schema(minimum = 0, maximum = 10, example = 10)]
    recovery_codes_left: usize,
    /// Roles of the user that access tokens do not carry until they have a second factor.
    #[schema(example = json!([]))]
    withheld_roles: Vec<Role>,
}

/// The current password.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct SetUpTotpRequest {
    /// The current password.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    current_password: PasswordAttempt,
}

/// What an authenticator app is to learn.
#[derive(Serialize, ToSchema)]
#[schema(as = TotpEnrolment)]
pub(super) struct EnrolmentJson<'a> {
    /// The secret in base32 (RFC 6238, with SHA-1, six digits and 30 seconds).
    #[schema(
        example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        min_length = 32,
        max_length = 32
    )]
    secret: &'a str,
    /// The same as an address for apps, as a link or a QR code.
    #[schema(
        example = "otpauth://totp/marketplace:ada%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=marketplace"
    )]
    uri: &'a str,
}

/// A code of the app.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ConfirmTotpRequest {
    /// Six digits that the app shows now.
    code: FactorCode,
}

/// Recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodes {
    /// Each is good once in place of a code. They are not told again.
    #[schema(min_items = 10, max_items = 10, example = json!(vec!["MFRGGZ-DFMZTW-Q2LKNN-WG23TP"; 10]))]
    recovery_codes: Vec<String>,
}

/// The password and a code.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct RemoveTotpRequest {
    /// The user's password.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    password: PasswordAttempt,
    /// Six digits that the app shows now, or a recovery code.
    code: FactorCode,
}

/// Show whether I have a second factor
///
/// Whether a login needs a code of an authenticator app, and which roles the user's access tokens do not carry without one.
#[utoipa::path(get, path = "/api/users/me/totp", tag = "users", operation_id = "showTotp", security(("bearer" = [])),
    responses((status = 200, description = "Whether there is one", body = SecondFactorJson)))]
pub(crate) async fn show(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let state = app::second_factor(&app, caller.user).await?;
    let since = state.user.second_factor_since;
    Ok(HttpResponse::Ok().json(SecondFactorJson {
        enabled: since.is_some(),
        since,
        recovery_codes_left: state.left,
        withheld_roles: state.withheld,
    }))
}

/// Set up a second factor
///
/// Answers with a secret for an authenticator app (TOTP, RFC 6238). Logins need no code until it is confirmed with one. Each answer has
/// another secret, and only the last can be confirmed.
#[utoipa::path(post, path = "/api/users/me/totp", tag = "users", operation_id = "setUpTotp", security(("bearer" = [])),
    request_body(content = SetUpTotpRequest, example = json!({"currentPassword": "demo-password"})),
    responses(
        (status = 201, description = "Made, and to be confirmed", body = EnrolmentJson<'static>, headers(("Location" = String, description = "`/api/users/me/totp`"), ("Cache-Control" = String, description = "`no-store`"))),
        (status = 403, description = "`wrong_password`: the current password is wrong, nothing was changed"),
        (status = 409, description = "`second_factor_on`: there is one; turn it off first"),
        (status = 429, description = "`too_many_requests`: the current password was wrong too often"),
    ))]
pub(crate) async fn set_up(
    app: web::Data<App>,
    caller: Caller,
    client: Client,
    body: Body<SetUpTotpRequest>,
) -> Result<HttpResponse, Problem> {
    let (user, password) = (caller.user, body.into_inner().current_password);
    let made = app::set_up_second_factor(&app, user, password, (&client).into()).await;
    let made = made.map_err(|error| refusal(error, &client, |event| event.user(user)))?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, "/api/users/me/totp"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(EnrolmentJson {
            secret: &made.secret,
            uri: &made.uri,
        }))
}

/// Confirm my second factor
///
/// Turns it on with a first code, and ends every other login of the user, and their access tokens with them. Answers with ten recovery
/// codes for the day when the app is lost. Where operators need a second factor, their roles are in the next access token.
#[utoipa::path(post, path = "/api/users/me/totp/confirm", tag = "users", operation_id = "confirmTotp", security(("bearer" = [])),
    request_body(content = ConfirmTotpRequest, example = json!({"code": "492039"})),
    responses(
        (status = 200, description = "Turned on", body = RecoveryCodes, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 403, description = "`wrong_code`: the code is wrong, nothing was changed"),
        (status = 409, description = "`second_factor_on`: it is on; `second_factor_off`: set one up first"),
        (status = 429, description = "`too_many_requests`: the code was wrong too often"),
    ))]
pub(crate) async fn confirm(
    app: web::Data<App>,
    caller: Caller,
    client: Client,
    body: Body<ConfirmTotpRequest>,
) -> Result<HttpResponse, Problem> {
    let code = body.into_inner().code;
    let codes = app::confirm_second_factor(&app, &caller, code, (&client).into()).await;
    let codes = codes.map_err(|error| refusal(error, &client, |event| event.user(caller.user)))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(RecoveryCodes {
            recovery_codes: codes.iter().map(RecoveryCode::text).collect(),
        }))
}

/// Turn my second factor off
///
/// Logins need no code any more. Where operators need a second factor, access tokens of a user with a role are refused from then on, and
/// the next ones carry no role.
#[utoipa::path(delete, path = "/api/users/me/totp", tag = "users", operation_id = "removeTotp", security(("bearer" = [])),
    request_body(content = RemoveTotpRequest, example = json!({"password": "demo-password", "code": "492039"})),
    responses(
        (status = 204, description = "Turned off"),
        (status = 403, description = "`wrong_password`, `wrong_code`: nothing was changed"),
        (status = 409, description = "`second_factor_off`: there is none"),
        (status = 429, description = "`too_many_requests`: the password or the code was wrong too often"),
    ))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    client: Client,
    body: Body<RemoveTotpRequest>,
) -> Result<HttpResponse, Problem> {
    let RemoveTotpRequest { password, code } = body.into_inner();
    let user = caller.user;
    let removed = app::remove_second_factor(&app, user, password, code, (&client).into()).await;
    removed.map_err(|error| refusal(error, &client, |event| event.user(user)))?;
    Ok(HttpResponse::NoContent().finish())
}
