//! GET /api/users and /api/users/{id}: the users, for operators.

use actix_web::{HttpResponse, web};
use auth::{Caller, Role, operators_only};
use kernel::{Cursor, Limit, UserId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::unknown_user;
use super::standing::ManagedUserJson;
use crate::app::{self, App, EmailPrefix, UsersFilter, UsersPlace, list_users};

/// The filter and the place of a page.
pub(super) struct ListUsers {
    filter: UsersFilter,
    after: Option<UsersPlace>,
    limit: Limit,
}

impl QueryReader for ListUsers {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let email = params.optional("email", EmailPrefix::parse);
        let role = params.one_of("role", Role::ALL, Role::as_str);
        let suspended = params.one_of("suspended", [()], |()| "true");
        let limit = params.limit();
        let filter = UsersFilter {
            email: email.clone().flatten(),
            role: role.flatten(),
            suspended: suspended.flatten().is_some(),
        };
        let after = if filter.is_by_email() {
            let after = params.cursor::<String>(filter.scope());
            after.map(|after| after.map(UsersPlace::Email))
        } else {
            let after = params.cursor(filter.scope());
            after.map(|after| after.map(|id| UsersPlace::User(UserId::from_uuid(id))))
        };
        let (_, _, _) = (email?, role?, suspended?);
        Some(Self {
            filter,
            after: after?,
            limit: limit?,
        })
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserPage<'a> {
    /// The users.
    items: Vec<ManagedUserJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

/// List users
///
/// The newest first, or, with `email` alone, in the order of emails. Role `admin`.
#[utoipa::path(get, path = "/api/users", tag = "users", operation_id = "listUsers", security(("bearer" = [])),
    params(
        ("email" = Option<String>, Query, description = "Only users whose emails begin so, without regard to case", example = "ada@", min_length = 1, max_length = 254),
        ("role" = Option<Role>, Query, description = "Only users with this role"),
        ("suspended" = Option<String>, Query, description = "`true`: only suspended users", pattern = "^true$"),
        ("limit" = inline(Option<Limit>), Query, description = "Most users on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same filter"),
    ),
    responses(
        (status = 200, description = "A page", body = UserPage<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(super) async fn list(
    app: web::Data<App>,
    caller: Caller,
    query: Query<ListUsers>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let Query(ListUsers {
        filter,
        after,
        limit,
    }) = query;
    let page = list_users(&app, &filter, after, limit).await?;
    Ok(HttpResponse::Ok().json(UserPage {
        items: page.items.iter().map(ManagedUserJson::from).collect(),
        next_cursor: page.next_cursor.clone(),
    }))
}

/// Show a user
///
/// Role `admin`.
#[utoipa::path(get, path = "/api/users/{id}", tag = "users", operation_id = "showUser", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user", body = ManagedUserJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`user_not_found`"),
    ))]
pub(super) async fn show(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let id = id.parse().map_err(|_| unknown_user())?;
    let user = app::user(&app, id).await?;
    Ok(HttpResponse::Ok().json(ManagedUserJson::from(&user)))
}
