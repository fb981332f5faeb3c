//! GET, PUT and DELETE /api/users/me/addresses/{id}.

use actix_web::{HttpResponse, web};
use auth::Caller;
use kernel::AddressId;
use platform_http::{Body, Problem};

use super::address_json::{AddressJson, AddressRequest};
use crate::app::{self, App, NewAddress, UserError};
use crate::domain::{AddressBook, AddressRefusal, Wish};

/// Show an address of mine
#[utoipa::path(get, path = "/api/users/me/addresses/{id}", tag = "users", operation_id = "showAddress", security(("bearer" = [])),
    description = "An address that the caller keeps. Nobody else sees it.",
    params(("id" = AddressId, Path, description = "The address")),
    responses(
        (status = 200, description = "The address", body = AddressJson<'static>),
        (status = 404, description = "`address_not_found`"),
    ))]
pub(super) async fn show(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = parse(&id)?;
    let book = app::address(&app, caller.user, id).await?;
    answer(&book, id)
}

/// Replace an address of mine
///
/// All of it: what is left out is gone. Only `isDefault`, if it is left out, stays. The default cannot be given up, only given to another
/// address. Orders keep the address that they were made with.
#[utoipa::path(put, path = "/api/users/me/addresses/{id}", tag = "users", operation_id = "replaceAddress", security(("bearer" = [])),
    params(("id" = AddressId, Path, description = "The address")),
    request_body(content = AddressRequest, example = json!({"name": "Ada Lovelace", "line1": "12 St James's Square", "line2": "Flat 3", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB"})),
    responses(
        (status = 200, description = "The new address", body = AddressJson<'static>),
        (status = 404, description = "`address_not_found`"),
    ))]
pub(super) async fn replace(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<AddressRequest>,
) -> Result<HttpResponse, Problem> {
    let id = parse(&id)?;
    let (address, is_default) = body.into_inner().into_parts();
    let new = NewAddress {
        user: caller.user,
        address,
        wish: Wish::from(is_default),
    };
    let book = app::change_address(&app, id, new).await?;
    answer(&book, id)
}

/// Remove an address of mine
///
/// If it was the default, the newest that is left becomes it. Orders keep the address that they were made with.
#[utoipa::path(delete, path = "/api/users/me/addresses/{id}", tag = "users", operation_id = "removeAddress", security(("bearer" = [])),
    params(("id" = AddressId, Path, description = "The address")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`address_not_found`"),
    ))]
pub(super) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app::remove_address(&app, caller.user, parse(&id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What is no id names no address.
fn parse(id: &str) -> Result<AddressId, UserError> {
    id.parse().map_err(|_| AddressRefusal::NotFound.into())
}

fn answer(book: &AddressBook, id: AddressId) -> Result<HttpResponse, Problem> {
    let kept = book.find(id).map_err(UserError::from)?;
    Ok(HttpResponse::Ok().json(AddressJson::of(book, kept)))
}
