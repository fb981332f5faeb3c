//! POST /api/users/verify-email.

use actix_web::{HttpResponse, web};
use auth::OpaqueToken;
use deserr::Deserr;
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use crate::app::{self, App};

/// The secret of a link.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct VerifyRequest {
    /// The `token` of the link in the mail.
    #[deserr(from(String) = OpaqueToken::from)]
    #[schema(value_type = String)]
    token: OpaqueToken,
}

/// Verify an email address
///
/// Shows that an address is its user's, with the token of the link in a mail: of a new user, who can log in from then on, or of a user
/// who asked for another address, which they then have. The token works once, for 15 minutes, and makes all other links of the user void.
/// A change of the address ends all logins, and their access tokens with them.
#[utoipa::path(post, path = "/api/users/verify-email", tag = "users", operation_id = "verifyEmail", security(()),
    request_body(content = VerifyRequest, example = json!({"token": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})),
    responses(
        (status = 204, description = "Verified"),
        (status = 403, description = "`link_not_valid`"),
        (status = 409, description = "`email_taken`: another user has got the address meanwhile"),
    ))]
pub(crate) async fn verify(
    app: web::Data<App>,
    body: Body<VerifyRequest>,
) -> Result<HttpResponse, Problem> {
    app::verify_email(&app, &body.into_inner().token).await?;
    Ok(HttpResponse::NoContent().finish())
}
