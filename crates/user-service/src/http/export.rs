//! GET /api/users/me/export.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::Caller;
use kernel::{Timestamp, UserId};
use platform_http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::address_json::AddressJson;
use super::notifications::NotificationsJson;
use super::seller_json::SellerJson;
use super::user_json::UserJson;
use crate::app::{self, App};
use crate::domain::Email;

/// Everything that is held on a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Export)]
pub(super) struct ExportJson<'a> {
    /// When it was made.
    exported_at: Timestamp,
    /// The profile.
    #[schema(inline = false)]
    user: UserJson<'a>,
    /// The addresses that the user keeps, the newest first.
    addresses: Vec<AddressJson<'a>>,
    /// What the user is as a seller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seller: Option<SellerJson<'a>>,
    /// How the user is reached by mail.
    contact: ContactJson<'a>,
    /// Which mails the user wants, and in which language.
    #[schema(inline = false)]
    notifications: NotificationsJson,
    /// What the other services hold: lists that the user reads with the same token, page by page.
    lists: Vec<ListJson>,
}

/// How a user is reached by mail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contact)]
struct ContactJson<'a> {
    /// Whether they have yet to show that their address is theirs.
    unverified: bool,
    /// The address that they want to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pending_email: Option<&'a str>,
}

/// A list that another service has.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedList)]
struct ListJson {
    /// What is in it.
    #[schema(example = "orders")]
    name: &'static str,
    /// Its path.
    #[schema(example = "/api/wallet/transaction?limit=100")]
    path: String,
}

/// The lists with what the other services hold on `user`.
fn lists(user: UserId) -> Vec<ListJson> {
    let list = |name, path: &str| ListJson {
        name,
        path: path.to_owned(),
    };
    vec![
        list("logins", "/api/users/me/sessions?limit=100"),
        list("orders", &format!("/api/orders/{user}/byUser?limit=100")),
        list("sales", "/api/orders/sales?limit=100"),
        list("returns", "/api/orders/returns?limit=100"),
        list("disputes", "/api/orders/disputes?limit=100"),
        list("products", "/api/products/mine?limit=100"),
        list("balances", "/api/wallet/balance"),
        list("statement", "/api/wallet/transaction?limit=100"),
    ]
}

/// Export what is held on me
///
/// The profile, the addresses, the profile as a seller; and the lists in which the other services have the orders, sales, products and
/// the statement.
#[utoipa::path(get, path = "/api/users/me/export", tag = "users", operation_id = "exportMe", security(("bearer" = [])),
    responses((status = 200, description = "What is held", body = ExportJson<'static>, headers(("Cache-Control" = String, description = "`no-store`")))))]
pub(crate) async fn export(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let held = app::export(&app, caller.user).await?;
    let addresses = held.addresses.iter().flat_map(|book| {
        let kept = book.newest_first();
        kept.map(move |kept| AddressJson::of(book, kept))
    });
    let json = ExportJson {
        exported_at: held.at,
        user: UserJson::from(&held.user),
        addresses: addresses.collect(),
        seller: held
            .seller
            .as_ref()
            .map(|seller| SellerJson::of(seller, Some(&held.user))),
        contact: ContactJson {
            unverified: held.contact.unverified,
            pending_email: held.contact.pending.as_ref().map(Email::as_str),
        },
        notifications: NotificationsJson::of(&held.notifications, held.contact.language),
        lists: lists(caller.user),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json))
}
