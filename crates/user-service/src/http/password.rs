//! POST /api/users/me/password.

use actix_web::{HttpResponse, web};
use auth::{Caller, Password, PasswordAttempt};
use deserr::Deserr;
use kernel::Invalid;
use platform_http::{Body, Client, Faults, Problem};
use utoipa::ToSchema;

use super::guesses::refusal;
use crate::app::{self, App};

/// The current and the new password.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct PasswordRequest {
    /// The current password.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    current_password: PasswordAttempt,
    /// The new password: 8 to 72 bytes in UTF-8, and none of the commonest. A schema counts characters, which have up to four bytes each.
    #[deserr(try_from(String) = Password::parse -> Invalid)]
    #[schema(value_type = String, min_length = 2, max_length = 72, format = "password")]
    new_password: Password,
}

/// Change my password
///
/// Ends every other login of the user, and their access tokens with them.
#[utoipa::path(post, path = "/api/users/me/password", tag = "users", operation_id = "changePassword", security(("bearer" = [])),
    request_body(content = PasswordRequest, example = json!({"currentPassword": "demo-password", "newPassword": "staple this instead"})),
    responses(
        (status = 204, description = "Changed"),
        (status = 403, description = "`wrong_password`: the current password is wrong, nothing was changed"),
        (status = 429, description = "`too_many_requests`: the current password was wrong too often"),
    ))]
pub(crate) async fn change(
    app: web::Data<App>,
    caller: Caller,
    client: Client,
    body: Body<PasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let PasswordRequest {
        current_password,
        new_password,
    } = body.into_inner();
    let (current, new) = (current_password, new_password);
    let changed = app::change_password(&app, &caller, current, new, (&client).into()).await;
    changed.map_err(|error| refusal(error, &client, |event| event.user(caller.user)))?;
    Ok(HttpResponse::NoContent().finish())
}
