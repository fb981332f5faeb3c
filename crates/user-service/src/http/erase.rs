//! DELETE /api/users/me.

use actix_web::{HttpResponse, web};
use auth::{Caller, PasswordAttempt};
use deserr::Deserr;
use platform_http::{Body, Client, Faults, Problem};
use utoipa::ToSchema;

use super::guesses::refusal;
use crate::app::{self, App};

/// The password, as a confirmation.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct EraseRequest {
    /// The user's password.
    #[deserr(from(String) = PasswordAttempt::from)]
    #[schema(value_type = String, format = "password")]
    password: PasswordAttempt,
}

/// Delete my account
///
/// Erases the name, the email, the addresses, the profile as a seller, and what was said in orders, and ends all logins, and their access
/// tokens with them. Orders and the journal of money stay under the user's id. The email may be registered anew. Refused as long as an
/// order or a sale is not over or money is left: the answer says what.
#[utoipa::path(delete, path = "/api/users/me", tag = "users", operation_id = "deleteMe", security(("bearer" = [])),
    request_body(content = EraseRequest, example = json!({"password": "demo-password"})),
    responses(
        (status = 204, description = "Deleted"),
        (status = 403, description = "`wrong_password`: the password is wrong, nothing was deleted"),
        (status = 409, description = "`account_in_use`: something is not settled yet; `last_admin`: the last administrator stays"),
        (status = 429, description = "`too_many_requests`: the password was wrong too often"),
    ))]
pub(crate) async fn erase(
    app: web::Data<App>,
    caller: Caller,
    client: Client,
    body: Body<EraseRequest>,
) -> Result<HttpResponse, Problem> {
    let password = body.into_inner().password;
    let erased = app::erase(&app, caller.user, password, (&client).into()).await;
    erased.map_err(|error| refusal(error, &client, |event| event.user(caller.user)))?;
    Ok(HttpResponse::NoContent().finish())
}
