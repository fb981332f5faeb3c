//! POST /api/users/refresh.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::OpaqueToken;
use deserr::Deserr;
use platform_http::{Body, Client, Faults, Problem};
use utoipa::ToSchema;

use super::device::device;
use super::guesses::refusal;
use super::user_json::{LoginJson, logged_in};
use crate::app::{self, App};

/// A refresh token.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RefreshTokenRequest {
    /// From the latest login or refresh.
    #[deserr(from(String) = OpaqueToken::from)]
    #[schema(value_type = String)]
    pub(super) refresh_token: OpaqueToken,
}

/// Renew a login
///
/// Exchanges the refresh token for a new access token and the next refresh token. A refresh token is valid once. If the answer is lost on
/// the way, the same request may be sent again within 10 seconds, and gets the same next token, as long as that one is unused. Any other
/// use of a used token is treated as theft, and the whole login ends.
#[utoipa::path(post, path = "/api/users/refresh", tag = "users", operation_id = "refreshLogin", security(()),
    request_body(content = RefreshTokenRequest, example = json!({"refreshToken": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})),
    responses(
        (status = 200, description = "Renewed", body = LoginJson<'static>, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, description = "`invalid_refresh_token`: unknown, expired, used before, or its login has ended"),
        (status = 429, description = "`too_many_requests`: too many tokens from this address were not valid"),
    ))]
pub(crate) async fn refresh(
    app: web::Data<App>,
    request: HttpRequest,
    client: Client,
    body: Body<RefreshTokenRequest>,
) -> Result<HttpResponse, Problem> {
    let RefreshTokenRequest { refresh_token } = body.into_inner();
    let login = app::refresh(&app, &refresh_token, device(&request), (&client).into()).await;
    let login = login.map_err(|error| refusal(error, &client, |event| event))?;
    Ok(logged_in(&login))
}
