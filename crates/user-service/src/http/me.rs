//! GET and PATCH /api/users/me.

use actix_web::{HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use platform_http::{Body, Faults, Problem, ProblemDocument, ReadProblems, WriteProblems};
use utoipa::ToSchema;

use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::UserName;

/// What to change.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ProfileRequest {
    /// What to be called.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: UserName,
}

/// Show my profile
#[utoipa::path(get, path = "/api/users/me", tag = "users", operation_id = "showProfile", security(("bearer" = [])),
    description = "The profile of whoever the token belongs to.",
    responses((status = 200, description = "The profile", body = UserJson<'static>), ReadProblems))]
pub(crate) async fn show(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let user = app::profile(&app, caller.user).await?;
    Ok(HttpResponse::Ok().json(UserJson::from(&user)))
}

/// Change my profile
#[utoipa::path(patch, path = "/api/users/me", tag = "users", operation_id = "changeProfile", security(("bearer" = [])),
    description = "Changes the name. The email and the roles cannot be changed here.",
    request_body(content = ProfileRequest, example = json!({"name": "Ada King"})),
    responses(
        (status = 200, description = "The changed profile", body = UserJson<'static>),
        (status = 401, description = "`unauthenticated`", body = ProblemDocument<'static>, content_type = "application/problem+json", headers(("WWW-Authenticate" = String, description = "Bearer, with the error"))),
        WriteProblems,
    ))]
pub(crate) async fn change(
    app: web::Data<App>,
    caller: Caller,
    body: Body<ProfileRequest>,
) -> Result<HttpResponse, Problem> {
    let ProfileRequest { name } = body.into_inner();
    let user = app::rename(&app, caller.user, name).await?;
    Ok(HttpResponse::Ok().json(UserJson::from(&user)))
}
