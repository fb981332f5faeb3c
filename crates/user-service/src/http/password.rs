//! POST /api/users/me/password.

use actix_web::{HttpResponse, web};
use auth::{Caller, Password, PasswordAttempt};
use deserr::Deserr;
use kernel::Invalid;
use platform_http::{Body, Faults, Problem, ProblemDocument, WriteProblems};
use utoipa::ToSchema;

use crate::app::{self, App};

/// The password before and after.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct PasswordRequest {
    /// The password until now.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    current_password: PasswordAttempt,
    /// The password from now on: 8 to 72 bytes in UTF-8.
    #[deserr(try_from(String) = Password::parse -> Invalid)]
    #[schema(value_type = String, min_length = 8, max_length = 72, format = "password")]
    new_password: Password,
}

/// Change my password
///
/// Every other login of the user ends; the one that asked stays. Access tokens that were given out stay good until they expire.
#[utoipa::path(post, path = "/api/users/me/password", tag = "users", operation_id = "changePassword", security(("bearer" = [])),
    request_body(content = PasswordRequest, example = json!({"currentPassword": "correct horse battery", "newPassword": "staple this instead"})),
    responses(
        (status = 204, description = "Changed"),
        (status = 401, description = "`unauthenticated`", body = ProblemDocument<'static>, content_type = "application/problem+json", headers(("WWW-Authenticate" = String, description = "Bearer, with the error"))),
        (status = 403, description = "`wrong_password`: the current password is wrong, nothing was changed", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        WriteProblems,
    ))]
pub(crate) async fn change(
    app: web::Data<App>,
    caller: Caller,
    body: Body<PasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let PasswordRequest {
        current_password,
        new_password,
    } = body.into_inner();
    app::change_password(&app, &caller, current_password, new_password).await?;
    Ok(HttpResponse::NoContent().finish())
}
