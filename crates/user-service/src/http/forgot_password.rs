//! POST /api/users/password/forgot.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use platform_http::{Body, Faults, Problem, count_creation};
use utoipa::ToSchema;

use super::languages;
use crate::app::{self, App};
use crate::domain::Email;

/// Whose password is forgotten.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ForgotRequest {
    /// Case-insensitive.
    email: Email,
}

/// Ask for a new password
///
/// Sends a mail with a link that sets another password, if a user has the address. The answer is the same if none has.
#[utoipa::path(post, path = "/api/users/password/forgot", tag = "users", operation_id = "forgotPassword", security(()),
    params(("Accept-Language" = Option<String>, Header, description = "Languages of the mail, as browsers send them")),
    request_body(content = ForgotRequest, example = json!({"email": "ada@example.com"})),
    responses(
        (status = 202, description = "A mail is sent if a user has the address"),
        (status = 409, description = "`mail_off`"),
        (status = 429, description = "`too_many_requests`: too many from this address"),
    ))]
pub(crate) async fn forgot(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<ForgotRequest>,
) -> Result<HttpResponse, Problem> {
    count_creation(&request, None)?;
    let language = languages::preferred(&request);
    app::forgot_password(&app, &body.into_inner().email, language).await?;
    Ok(HttpResponse::Accepted().finish())
}
