//! POST /api/setup.

use actix_web::{HttpResponse, web};
use auth::{OpaqueToken, Password};
use deserr::Deserr;
use kernel::Invalid;
use platform_http::{Body, Client, Faults, Problem, send_stored};
use utoipa::ToSchema;

use super::register::render;
use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::{Email, UserName};

/// The first administrator.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// The setup token that was made last: printed at the start of a marketplace without an administrator, or by `marketplace setup-token`.
    #[deserr(from(String) = OpaqueToken::from)]
    #[schema(value_type = String)]
    token: OpaqueToken,
    /// The name.
    name: UserName,
    /// Must not be in use; compared case-insensitively, an internationalised domain in its ASCII form.
    email: Email,
    /// 8 to 72 bytes in UTF-8. A schema counts characters, which have up to four bytes each.
    #[deserr(try_from(String) = Password::parse -> Invalid)]
    #[schema(value_type = String, min_length = 2, max_length = 72, format = "password")]
    password: Password,
}

/// Make the first administrator
///
/// Registers a user with the role `admin`. It takes the setup token, which is good once, and only while no user was ever given that role.
#[utoipa::path(post, path = "/api/setup", tag = "users", operation_id = "setUp", security(()),
    request_body(content = SetupRequest, example = json!({"token": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "name": "Olga", "email": "olga@example.com", "password": "correct horse battery"})),
    responses(
        (status = 201, description = "The administrator, who can now log in", body = UserJson<'static>, headers(("Location" = String, description = "`/api/users/me`"))),
        (status = 403, description = "`wrong_setup_token`: it is not the one that was made last"),
        (status = 409, description = "`already_set_up`: there is an administrator; `email_taken`"),
        (status = 429, description = "`too_many_requests`: a gateway counts registrations per client"),
    ))]
pub(crate) async fn set_up(
    app: web::Data<App>,
    client: Client,
    body: Body<SetupRequest>,
) -> Result<HttpResponse, Problem> {
    let SetupRequest {
        token,
        name,
        email,
        password,
    } = body.into_inner();
    let admin = app::set_up(&app, &token, name, email, password, (&client).into()).await?;
    Ok(send_stored(render(&admin)?))
}
