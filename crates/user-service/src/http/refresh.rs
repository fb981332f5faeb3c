//! POST /api/users/refresh.

use actix_web::{HttpResponse, web};
use auth::OpaqueToken;
use platform_http::{
    Body, Fields, FromJson, Problem, ProblemDocument, Reader, WriteProblems, text,
};
use serde_json::Value;
use utoipa::ToSchema;

use super::user_json::{LoginJson, logged_in};
use crate::app::{self, App};

/// A refresh token.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the shape for the API document; the request reads itself"
)]
pub(crate) struct RefreshTokenRequest {
    /// From the latest login or refresh.
    refresh_token: String,
}

/// The request, read.
pub(crate) struct RefreshToken(pub(super) OpaqueToken);

impl FromJson for RefreshToken {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::open(value, pointer, reader)?;
        let token = fields.required::<Token>("refreshToken");
        fields.finish()?;
        Some(Self(token?.0))
    }
}

struct Token(OpaqueToken);

impl FromJson for Token {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, |raw| Ok(Self(raw.into())))
    }
}

/// Renew a login
///
/// Exchanges the refresh token for a new access token and the next refresh token. A refresh token is good once: if it comes a
/// second time, it was stolen, and the whole login ends.
#[utoipa::path(post, path = "/api/users/refresh", tag = "users", operation_id = "refreshLogin", security(()),
    request_body(content = RefreshTokenRequest, example = json!({"refreshToken": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})),
    responses(
        (status = 200, description = "Renewed", body = LoginJson<'static>, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, description = "`invalid_refresh_token`: unknown, expired, used before, or its login has ended", body = ProblemDocument<'static>, content_type = "application/problem+json", headers(("WWW-Authenticate" = String, description = "Bearer"))),
        WriteProblems,
    ))]
pub(crate) async fn refresh(
    app: web::Data<App>,
    body: Body<RefreshToken>,
) -> Result<HttpResponse, Problem> {
    let RefreshToken(token) = body.into_inner();
    Ok(logged_in(&app::refresh(&app, &token).await?))
}
