//! POST /api/users/me/email.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::{Creating, PasswordAttempt};
use deserr::Deserr;
use platform_http::{Body, Client, Faults, Problem};
use utoipa::ToSchema;

use super::guesses::refusal;
use super::languages;
use crate::app::{self, App, EmailChange};
use crate::domain::Email;

/// The new address, and the password.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct EmailRequest {
    /// The new address.
    email: Email,
    /// The user's password.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    password: PasswordAttempt,
}

/// Change my email address
///
/// Where mails are sent, the new address gets a mail with a link, the old one a mail that says so, and the address changes when the link
/// is followed. The answer is the same if another user has the address. Where none are sent, it changes at once.
///
/// A change ends every other login of the user, and their access tokens with them; by a link, all logins.
#[utoipa::path(post, path = "/api/users/me/email", tag = "users", operation_id = "changeEmail", security(("bearer" = [])),
    params(("Accept-Language" = Option<String>, Header, description = "Languages of the mails, as browsers send them")),
    request_body(content = EmailRequest, example = json!({"email": "ada.lovelace@example.com", "password": "demo-password"})),
    responses(
        (status = 202, description = "It changes when the link in the mail is followed"),
        (status = 204, description = "Changed"),
        (status = 403, description = "`wrong_password`: the password is wrong, nothing was changed"),
        (status = 409, description = "`email_taken`: where no mails are sent"),
        (status = 429, description = "`too_many_requests`: the password was wrong too often, or the user changes too much"),
    ))]
pub(crate) async fn change(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    client: Client,
    body: Body<EmailRequest>,
) -> Result<HttpResponse, Problem> {
    let EmailRequest { email, password } = body.into_inner();
    let language = languages::preferred(&request);
    let origin = (&client).into();
    let change = app::change_email(&app, &caller, email, password, language, origin).await;
    let change =
        change.map_err(|error| refusal(error, &client, |event| event.user(caller.user)))?;
    Ok(match change {
        EmailChange::Changed => HttpResponse::NoContent().finish(),
        EmailChange::Asked | EmailChange::Taken | EmailChange::WrongPassword => {
            HttpResponse::Accepted().finish()
        }
    })
}
