//! POST /api/users/{id}/suspend and reinstate, PUT and DELETE /api/users/{id}/roles/{role}: an operator's decisions about users.

use actix_web::{HttpResponse, web};
use auth::Role;
use deserr::Deserr;
use kernel::{Invalid, Timestamp, UserId, one_line};
use platform_http::{Body, Faults, Problem, read_by_rule};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::operator::Operator;
use crate::app::{self, App, UserError};
use crate::domain::{StandingRefusal, User};

/// Why an operator decides, 1 to 200 characters.
#[derive(Debug)]
struct DecisionReason(String);

impl PartialSchema for DecisionReason {
    fn schema() -> RefOr<Schema> {
        kernel::text_schema::one_line(1, 200)
    }
}

impl ToSchema for DecisionReason {}

impl DecisionReason {
    fn parse(raw: &str) -> Result<Self, Invalid> {
        one_line(raw, 1, 200).map(Self)
    }
}

read_by_rule! {
    DecisionReason: String => |raw| Self::parse(&raw);
}

/// An operator's decision about a user.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(super) struct UserDecision {
    /// Why. It is kept in the audit log.
    reason: DecisionReason,
}

/// Why and when a user was suspended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Suspension<'a> {
    /// Why.
    #[schema(example = "Stolen cards")]
    reason: &'a str,
    /// Who decided.
    by: UserId,
    /// When.
    at: Timestamp,
}

/// A user as operators see them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ManagedUser)]
pub(super) struct ManagedUserJson<'a> {
    /// The user's permanent id.
    id: UserId,
    /// Their name.
    #[schema(example = "Ada Lovelace")]
    name: &'a str,
    /// Their email.
    #[schema(example = "ada@example.com", format = "idn-email")]
    email: &'a str,
    /// Permissions beyond those of every user.
    #[schema(example = json!([]))]
    roles: &'a [Role],
    /// Whether a login needs a code, too.
    second_factor: bool,
    /// Time of registration.
    created_at: Timestamp,
    /// The suspension, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    suspension: Option<Suspension<'a>>,
}

impl<'a> From<&'a User> for ManagedUserJson<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            name: user.name.as_str(),
            email: user.email.as_str(),
            roles: &user.roles,
            second_factor: user.second_factor_since.is_some(),
            created_at: user.created_at,
            suspension: user.suspension.as_ref().map(|decision| Suspension {
                reason: &decision.reason,
                by: decision.by,
                at: decision.at,
            }),
        }
    }
}

/// Suspend a user
///
/// They can do nothing any more: their logins end, their access tokens are refused, and they cannot log in. What they have stays. Role
/// `admin`.
#[utoipa::path(post, path = "/api/users/{id}/suspend", tag = "users", operation_id = "suspendUser", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The user")),
    request_body(content = UserDecision, example = json!({"reason": "Stolen cards"})),
    responses(
        (status = 200, description = "Suspended", body = ManagedUserJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`user_move_not_allowed`: they are suspended; `last_admin`: nobody else can administrate"),
    ))]
pub(super) async fn suspend(
    app: web::Data<App>,
    Operator(caller): Operator,
    id: web::Path<String>,
    body: Body<UserDecision>,
) -> Result<HttpResponse, Problem> {
    let DecisionReason(reason) = body.into_inner().reason;
    let user = app::suspend(&app, parse(&id)?, caller.user, reason).await?;
    Ok(HttpResponse::Ok().json(ManagedUserJson::from(&user)))
}

/// Reinstate a suspended user
///
/// They may log in again. Role `admin`.
#[utoipa::path(post, path = "/api/users/{id}/reinstate", tag = "users", operation_id = "reinstateUser", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The user")),
    request_body(content = UserDecision, example = json!({"reason": "It was a mistake"})),
    responses(
        (status = 200, description = "Reinstated", body = ManagedUserJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`user_move_not_allowed`: they are not suspended"),
    ))]
pub(super) async fn reinstate(
    app: web::Data<App>,
    Operator(caller): Operator,
    id: web::Path<String>,
    body: Body<UserDecision>,
) -> Result<HttpResponse, Problem> {
    let DecisionReason(reason) = body.into_inner().reason;
    let user = app::reinstate(&app, parse(&id)?, caller.user, reason).await?;
    Ok(HttpResponse::Ok().json(ManagedUserJson::from(&user)))
}

/// Give a user a role
///
/// It is in their tokens from the next refresh or login on. Giving it again changes nothing. Role `admin`.
#[utoipa::path(put, path = "/api/users/{id}/roles/{role}", tag = "users", operation_id = "grantRole", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The user"), ("role" = Role, Path, description = "The role", example = "treasury")),
    responses(
        (status = 200, description = "They have it", body = ManagedUserJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`user_not_found`; `role_not_found`"),
    ))]
pub(super) async fn grant(
    app: web::Data<App>,
    Operator(caller): Operator,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (user, role) = parse_both(&path)?;
    let user = app::grant_role(&app, user, caller.user, role).await?;
    Ok(HttpResponse::Ok().json(ManagedUserJson::from(&user)))
}

/// Take a role from a user
///
/// Access tokens with it are refused from then on; their logins stay. Taking it again changes nothing. Role `admin`.
#[utoipa::path(delete, path = "/api/users/{id}/roles/{role}", tag = "users", operation_id = "revokeRole", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The user"), ("role" = Role, Path, description = "The role", example = "treasury")),
    responses(
        (status = 200, description = "They do not have it", body = ManagedUserJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`user_not_found`; `role_not_found`"),
        (status = 409, description = "`last_admin`: nobody else can administrate"),
    ))]
pub(super) async fn revoke(
    app: web::Data<App>,
    Operator(caller): Operator,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (user, role) = parse_both(&path)?;
    let user = app::revoke_role(&app, user, caller.user, role).await?;
    Ok(HttpResponse::Ok().json(ManagedUserJson::from(&user)))
}

/// What is no id names no user.
fn parse(id: &str) -> Result<UserId, UserError> {
    id.parse().map_err(|_| StandingRefusal::NotFound.into())
}

fn parse_both((id, role): &(String, String)) -> Result<(UserId, Role), UserError> {
    let role = role.parse().map_err(|_| StandingRefusal::NoSuchRole);
    Ok((parse(id)?, role?))
}
