//! GET and PATCH /api/users/me.

use actix_web::{HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use platform_http::{Body, Faults, MetadataJson, Problem};
use utoipa::ToSchema;

use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::UserName;

/// The fields to change.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ProfileRequest {
    /// The new name.
    name: UserName,
    /// Other metadata, instead of all that is kept.
    #[deserr(default)]
    metadata: Option<MetadataJson>,
}

/// Show my profile
#[utoipa::path(get, path = "/api/users/me", tag = "users", operation_id = "showProfile", security(("bearer" = [])),
    description = "The profile of the token's owner.",
    responses((status = 200, description = "The profile", body = UserJson<'static>)))]
pub(crate) async fn show(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let user = app::profile(&app, caller.user).await?;
    Ok(HttpResponse::Ok().json(UserJson::from(&user)))
}

/// Change my profile
#[utoipa::path(patch, path = "/api/users/me", tag = "users", operation_id = "changeProfile", security(("bearer" = [])),
    description = "Changes the name, and the metadata if there is some. The email and the roles cannot be changed here.",
    request_body(content = ProfileRequest, example = json!({"name": "Ada King"})),
    responses(
        (status = 200, description = "The changed profile", body = UserJson<'static>),
    ))]
pub(crate) async fn change(
    app: web::Data<App>,
    caller: Caller,
    body: Body<ProfileRequest>,
) -> Result<HttpResponse, Problem> {
    let ProfileRequest { name, metadata } = body.into_inner();
    let metadata = metadata.map(MetadataJson::into_inner);
    let user = app::change_profile(&app, caller.user, name, metadata).await?;
    Ok(HttpResponse::Ok().json(UserJson::from(&user)))
}
