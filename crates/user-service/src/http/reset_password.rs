//! POST /api/users/password/reset.

use actix_web::{HttpResponse, web};
use auth::{OpaqueToken, Password};
use deserr::Deserr;
use kernel::Invalid;
use platform_http::{Body, Client, Faults, Problem};
use utoipa::ToSchema;

use crate::app::{self, App};

/// The secret of a link, and the password to set.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ResetRequest {
    /// The `token` of the link in the mail.
    #[deserr(from(String) = OpaqueToken::from)]
    #[schema(value_type = String)]
    token: OpaqueToken,
    /// The new password: 8 to 72 bytes in UTF-8, and none of the commonest. A schema counts characters, which have up to four bytes each.
    #[deserr(try_from(String) = Password::parse -> Invalid)]
    #[schema(value_type = String, min_length = 2, max_length = 72, format = "password")]
    password: Password,
}

/// Set a new password
///
/// With the token of the link in a mail, which works once, for 15 minutes. Ends all logins of the user, and their access tokens with them.
#[utoipa::path(post, path = "/api/users/password/reset", tag = "users", operation_id = "resetPassword", security(()),
    request_body(content = ResetRequest, example = json!({"token": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "password": "staple this instead"})),
    responses(
        (status = 204, description = "Set"),
        (status = 403, description = "`link_not_valid`"),
    ))]
pub(crate) async fn reset(
    app: web::Data<App>,
    client: Client,
    body: Body<ResetRequest>,
) -> Result<HttpResponse, Problem> {
    let ResetRequest { token, password } = body.into_inner();
    app::reset_password(&app, &token, password, (&client).into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
