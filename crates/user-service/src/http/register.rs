//! POST /api/users/register.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::Password;
use deserr::Deserr;
use kernel::Invalid;
use platform_http::{Body, Faults, Problem, read_by_rule};
use utoipa::ToSchema;

use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::{Email, UserName};

read_by_rule! {
    UserName: String => |raw| Self::parse(&raw);
    Email: String => |raw| Self::parse(&raw);
}

/// The new user.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct RegisterRequest {
    /// The name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: UserName,
    /// Must not be in use; compared case-insensitively.
    #[schema(value_type = String, max_length = 254, format = "email")]
    email: Email,
    /// 8 to 72 bytes in UTF-8.
    #[deserr(try_from(String) = Password::parse -> Invalid)]
    #[schema(value_type = String, min_length = 8, max_length = 72, format = "password")]
    password: Password,
}

/// Register
///
/// Creates a user, who can then log in. The email is compared case-insensitively. The password is used unchanged: it is not
/// trimmed, and one of more than 72 bytes is rejected, not truncated.
#[utoipa::path(post, path = "/api/users/register", tag = "users", operation_id = "registerUser", security(()),
    request_body(content = RegisterRequest, example = json!({"name": "Ada Lovelace", "email": "ada@example.com", "password": "correct horse battery"})),
    responses(
        (status = 201, description = "Registered", body = UserJson<'static>, headers(("Location" = String, description = "`/api/users/me`"))),
        (status = 409, description = "`email_taken`"),
    ))]
pub(crate) async fn register(
    app: web::Data<App>,
    body: Body<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    let RegisterRequest {
        name,
        email,
        password,
    } = body.into_inner();
    let user = app::register(&app, name, email, password).await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, "/api/users/me"))
        .json(UserJson::from(&user)))
}
