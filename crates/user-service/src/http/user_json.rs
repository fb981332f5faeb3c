//! A user and a login as clients see them.

use actix_web::HttpResponse;
use actix_web::http::header;
use auth::Role;
use kernel::{Timestamp, UserId};
use platform_http::MetadataJson;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::LoggedIn;
use crate::domain::User;

/// A user's profile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserJson<'a> {
    /// The user's permanent id.
    id: UserId,
    /// 1 to 100 characters.
    #[schema(example = "Ada Lovelace")]
    name: &'a str,
    /// As registered; compared case-insensitively.
    #[schema(example = "ada@example.com", format = "idn-email")]
    email: &'a str,
    /// Permissions beyond those of every user.
    #[schema(example = json!([]))]
    roles: &'a [Role],
    /// Whether a login needs a code, too.
    second_factor: bool,
    /// Time of registration.
    created_at: Timestamp,
    /// What the user keeps with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    metadata: Option<MetadataJson>,
}

impl<'a> From<&'a User> for UserJson<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            name: user.name.as_str(),
            email: user.email.as_str(),
            roles: &user.roles,
            second_factor: user.second_factor_since.is_some(),
            created_at: user.created_at,
            metadata: user.metadata.clone().map(Into::into),
        }
    }
}

/// How an access token is sent (RFC 6750).
#[derive(Serialize, ToSchema)]
enum TokenType {
    /// In `Authorization: Bearer`.
    Bearer,
}

/// A login: an access token, and a refresh token to renew it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Login)]
pub(crate) struct LoginJson<'a> {
    /// The access token, for `Authorization: Bearer`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6Imt…")]
    token: &'a str,
    /// Always `Bearer`.
    token_type: TokenType,
    /// Lifetime of the access token, in seconds.
    #[schema(example = 900)]
    expires_in: u64,
    /// Valid once, for POST /api/users/refresh.
    #[schema(example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    refresh_token: &'a str,
    /// The user who logged in.
    #[schema(inline = false)]
    user: UserJson<'a>,
    /// Roles of the user that the access token does not carry, because operators need a second factor here: they set one up at
    /// `/api/users/me/totp`. Left out if there are none.
    #[serde(skip_serializing_if = "<[Role]>::is_empty")]
    #[schema(nullable = false, required = false, example = json!([]))]
    withheld_roles: &'a [Role],
}

/// 200 with the tokens, which no intermediary may cache (RFC 6749 section 5.1).
pub(super) fn logged_in(login: &LoggedIn) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(LoginJson {
            token: &login.access_token,
            token_type: TokenType::Bearer,
            expires_in: login.expires_in.as_secs(),
            refresh_token: login.refresh_token.expose(),
            user: UserJson::from(&login.user),
            withheld_roles: &login.withheld,
        })
}
