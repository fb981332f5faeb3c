//! GET and DELETE /api/users/me/sessions, DELETE /api/users/me/sessions/{id}.

use actix_web::{HttpResponse, web};
use auth::Caller;
use kernel::{Cursor, Limit, SessionId, Timestamp};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::{self, App, UserError, sessions_scope};
use crate::domain::Session;

/// The place of a page.
pub(super) struct SessionQuery {
    limit: Limit,
    after: Option<Uuid>,
}

impl QueryReader for SessionQuery {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let (limit, after) = (params.limit(), params.cursor(sessions_scope()));
        Some(Self {
            limit: limit?,
            after: after?,
        })
    }
}

/// A login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(super) struct SessionJson<'a> {
    /// Its id.
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// When the user logged in.
    created_at: Timestamp,
    /// When it was last refreshed.
    last_used_at: Timestamp,
    /// When it ends, unless it is refreshed.
    expires_at: Timestamp,
    /// What the client said it was when it last refreshed the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        max_length = 200
    )]
    user_agent: Option<&'a str>,
    /// The network that it came from then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "203.0.113.0/24", max_length = 50)]
    network: Option<&'a str>,
}

impl<'a> SessionJson<'a> {
    fn of(session: &'a Session, caller: &Caller) -> Self {
        Self {
            id: session.id,
            current: session.id == caller.session,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            user_agent: session.user_agent.as_deref(),
            network: session.network.as_deref(),
        }
    }
}

/// A page of logins.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionPage<'a> {
    /// The logins, the newest first.
    items: Vec<SessionJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

/// List my logins
///
/// Those that have not ended, the newest first.
#[utoipa::path(get, path = "/api/users/me/sessions", tag = "users", operation_id = "listSessions", security(("bearer" = [])),
    params(
        ("limit" = inline(Option<Limit>), Query, description = "Most logins on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page"),
    ),
    responses((status = 200, description = "A page", body = SessionPage<'static>)))]
pub(super) async fn list(
    app: web::Data<App>,
    caller: Caller,
    query: Query<SessionQuery>,
) -> Result<HttpResponse, Problem> {
    let Query(SessionQuery { limit, after }) = query;
    let page = app::my_sessions(&app, caller.user, after, limit).await?;
    let items = page.items.iter();
    Ok(HttpResponse::Ok().json(SessionPage {
        items: items.map(|one| SessionJson::of(one, &caller)).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// End all my other logins
///
/// Their refresh tokens and access tokens are refused from then on. The login that asks stays.
#[utoipa::path(delete, path = "/api/users/me/sessions", tag = "users", operation_id = "endOtherSessions", security(("bearer" = [])),
    responses((status = 204, description = "Ended")))]
pub(super) async fn end_others(
    app: web::Data<App>,
    caller: Caller,
) -> Result<HttpResponse, Problem> {
    app::end_other_sessions(&app, &caller).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End a login of mine
///
/// Its refresh tokens and access tokens are refused from then on; also if it is the login that asks.
#[utoipa::path(delete, path = "/api/users/me/sessions/{id}", tag = "users", operation_id = "endSession", security(("bearer" = [])),
    params(("id" = SessionId, Path, description = "The login")),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "`session_not_found`: it has ended, or is not the caller's"),
    ))]
pub(super) async fn end(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let session: SessionId = id.parse().map_err(|_| UserError::SessionNotFound)?;
    app::end_session(&app, caller.user, session).await?;
    Ok(HttpResponse::NoContent().finish())
}
