//! POST /api/users/register.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Password;
use deserr::Deserr;
use kernel::{Invalid, UserId};
use platform_http::{
    Body, Client, Faults, Problem, answer_repeat, count_creation, json_answer, once_key,
    read_by_rule, send_stored,
};
use store::StoreResult;
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::languages;
use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::{Email, User, UserName};

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/users/register";

read_by_rule! {
    UserName: String => |raw| Self::parse(&raw);
    Email: String => |raw| Self::parse(&raw);
}

/// The new user.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct RegisterRequest {
    /// The name.
    name: UserName,
    /// Must not be in use; compared case-insensitively, an internationalised domain in its ASCII form.
    email: Email,
    /// 8 to 72 bytes in UTF-8, and none of the commonest. A schema counts characters, which have up to four bytes each.
    #[deserr(try_from(String) = Password::parse -> Invalid)]
    #[schema(value_type = String, min_length = 2, max_length = 72, format = "password")]
    password: Password,
}

/// Register
///
/// Creates a user, who can then log in. The email is compared case-insensitively. The password is used unchanged: it is not
/// trimmed, and one of more than 72 bytes is rejected, not truncated. With an `Idempotency-Key`, a repeat of the request gets the first
/// answer instead of 409 `email_taken`.
///
/// Where mails are sent, the answer is 202, whether the address has a user or not: a new user gets a mail with a link, and can log in once
/// they followed it; one who exists gets a mail that says so.
#[utoipa::path(post, path = "/api/users/register", tag = "users", operation_id = "registerUser", security(()),
    params(("Accept-Language" = Option<String>, Header, description = "Languages of the mail, as browsers send them"), ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours. Nothing of the password is stored with it")),
    request_body(content = RegisterRequest, example = json!({"name": "Ada Lovelace", "email": "ada@example.com", "password": "correct horse battery"})),
    responses(
        (status = 201, description = "Registered", body = UserJson<'static>, headers(("Location" = String, description = "`/api/users/me`"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 202, description = "Where mails are sent: a mail is on its way"),
        (status = 409, description = "`email_taken`, where no mails are sent"),
        (status = 429, description = "`too_many_requests`: too many from this address"),
    ))]
pub(crate) async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    client: Client,
    body: Body<RegisterRequest>,
) -> Result<HttpResponse, Problem> {
    count_creation(&request, None)?;
    let RegisterRequest {
        name,
        email,
        password,
    } = body.into_inner();
    if app.sends_mails() {
        let language = languages::preferred(&request);
        app::register_by_mail(&app, name, email, password, language, (&client).into()).await?;
        return Ok(HttpResponse::Accepted().finish());
    }
    // Not the password: the key is stored with a hash of this that is fast to compute.
    let meaning = (name.as_str(), email.key());
    let Some(key) = once_key(&request, scope(&email), ROUTE, &meaning)? else {
        let user = app::register(&app, name, email, password, (&client).into()).await?;
        return Ok(send_stored(render(&user)?));
    };
    let once = Repeatable {
        key,
        render: Arc::new(render),
    };
    let registered =
        app::register_once(&app, name, email, password, once, (&client).into()).await?;
    match registered {
        Answered::First(user) => Ok(send_stored(render(&user)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

/// Whose key it is: there is no user yet, so it belongs to the email that registers.
fn scope(email: &Email) -> UserId {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("mailto:{}", email.key()).as_bytes(),
    )
    .into()
}

pub(super) fn render(user: &User) -> StoreResult<StoredAnswer> {
    Ok(StoredAnswer {
        location: Some("/api/users/me".to_owned()),
        ..json_answer(201, &UserJson::from(user))?
    })
}
