//! GET and PATCH /api/users/me.

use actix_web::{HttpResponse, web};
use auth::Caller;
use platform_http::{
    Body, Fields, FromJson, Problem, ProblemDocument, ReadProblems, Reader, WriteProblems,
};
use serde_json::Value;
use utoipa::ToSchema;

use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::UserName;

/// What to change.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the shape for the API document; the request reads itself"
)]
pub(crate) struct ProfileRequest {
    /// What to be called.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// The request, read.
pub(crate) struct ChangeProfile(UserName);

impl FromJson for ChangeProfile {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::open(value, pointer, reader)?;
        let name = fields.required("name");
        fields.finish()?;
        Some(Self(name?))
    }
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
    body: Body<ChangeProfile>,
) -> Result<HttpResponse, Problem> {
    let ChangeProfile(name) = body.into_inner();
    let user = app::rename(&app, caller.user, name).await?;
    Ok(HttpResponse::Ok().json(UserJson::from(&user)))
}
