//! POST /api/users/register.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::Password;
use platform_http::{
    Body, Fields, FromJson, Problem, ProblemDocument, Reader, WriteProblems, text,
};
use serde_json::Value;
use utoipa::ToSchema;

use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::{Email, UserName};

/// Who wants to register.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape for the API document; the request reads itself"
)]
pub(crate) struct RegisterRequest {
    /// What to be called.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Must not be taken, in whatever case.
    #[schema(max_length = 254, format = "email")]
    email: String,
    /// 8 to 72 bytes in UTF-8.
    #[schema(min_length = 8, max_length = 72, format = "password")]
    password: String,
}

/// The request, read.
pub(crate) struct Register {
    name: UserName,
    email: Email,
    password: Password,
}

impl FromJson for Register {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::open(value, pointer, reader)?;
        let name = fields.required::<UserName>("name");
        let email = fields.required::<Email>("email");
        let password = fields.required::<NewPassword>("password");
        fields.finish()?;
        Some(Self {
            name: name?,
            email: email?,
            password: password?.0,
        })
    }
}

impl FromJson for UserName {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, |raw| Self::parse(&raw))
    }
}

impl FromJson for Email {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, |raw| Self::parse(&raw))
    }
}

/// A password to be set.
pub(super) struct NewPassword(pub(super) Password);

impl FromJson for NewPassword {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, Password::parse).map(Self)
    }
}

/// Register
///
/// Makes a user, who can then log in. The email is compared case-insensitively. A password is taken as it is: nothing is
/// trimmed, and one of more than 72 bytes is refused, never cut.
#[utoipa::path(post, path = "/api/users/register", tag = "users", operation_id = "registerUser", security(()),
    request_body(content = RegisterRequest, example = json!({"name": "Ada Lovelace", "email": "ada@example.com", "password": "correct horse battery"})),
    responses(
        (status = 201, description = "Registered", body = UserJson<'static>, headers(("Location" = String, description = "`/api/users/me`"))),
        (status = 409, description = "`email_taken`", body = ProblemDocument<'static>, content_type = "application/problem+json"),
        WriteProblems,
    ))]
pub(crate) async fn register(
    app: web::Data<App>,
    body: Body<Register>,
) -> Result<HttpResponse, Problem> {
    let Register {
        name,
        email,
        password,
    } = body.into_inner();
    let user = app::register(&app, name, email, password).await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, "/api/users/me"))
        .json(UserJson::from(&user)))
}
