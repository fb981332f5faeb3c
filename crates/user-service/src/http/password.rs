//! POST /api/users/me/password.

use actix_web::{HttpResponse, web};
use auth::{Caller, Password, PasswordAttempt};
use platform_http::{Body, Fields, FromJson, Problem, ProblemDocument, Reader, WriteProblems};
use serde_json::Value;
use utoipa::ToSchema;

use super::login::Attempt;
use super::register::NewPassword;
use crate::app::{self, App};

/// The password before and after.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the shape for the API document; the request reads itself"
)]
pub(crate) struct PasswordRequest {
    /// The password until now.
    #[schema(format = "password")]
    current_password: String,
    /// The password from now on: 8 to 72 bytes in UTF-8.
    #[schema(min_length = 8, max_length = 72, format = "password")]
    new_password: String,
}

/// The request, read.
pub(crate) struct ChangePassword {
    current: PasswordAttempt,
    new: Password,
}

impl FromJson for ChangePassword {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::open(value, pointer, reader)?;
        let current = fields.required::<Attempt>("currentPassword");
        let new = fields.required::<NewPassword>("newPassword");
        fields.finish()?;
        Some(Self {
            current: current?.0,
            new: new?.0,
        })
    }
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
    body: Body<ChangePassword>,
) -> Result<HttpResponse, Problem> {
    let ChangePassword { current, new } = body.into_inner();
    app::change_password(&app, &caller, current, new).await?;
    Ok(HttpResponse::NoContent().finish())
}
