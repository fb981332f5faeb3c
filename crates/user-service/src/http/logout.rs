//! POST /api/users/logout.

use actix_web::{HttpResponse, web};
use auth::Caller;
use platform_http::{Body, Problem};

use super::refresh::RefreshTokenRequest;
use crate::app::{self, App};

/// Log out
///
/// Ends the login that the refresh token belongs to, if it is the caller's own, and its access tokens with it.
#[utoipa::path(post, path = "/api/users/logout", tag = "users", operation_id = "logOut", security(("bearer" = [])),
    request_body(content = RefreshTokenRequest, example = json!({"refreshToken": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})),
    responses(
        (status = 204, description = "Logged out"),
    ))]
pub(crate) async fn logout(
    app: web::Data<App>,
    caller: Caller,
    body: Body<RefreshTokenRequest>,
) -> Result<HttpResponse, Problem> {
    let RefreshTokenRequest { refresh_token } = body.into_inner();
    app::logout(&app, caller.user, &refresh_token).await?;
    Ok(HttpResponse::NoContent().finish())
}
