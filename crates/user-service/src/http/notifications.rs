//! GET and PUT /api/users/me/notifications.

use actix_web::{HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::UserId;
use platform_http::{Body, Faults, Problem, read_by_rule};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{self, App};
use crate::domain::{Language, Notifications};

read_by_rule! {
    Language: String => |raw| Self::parse(&raw);
}

/// Which mails a user wants about their orders and sales.
#[derive(Serialize, ToSchema)]
#[schema(as = Notifications)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct NotificationsJson {
    /// The language of all mails, if the user or their browser named one. Else it is the marketplace's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    language: Option<Language>,
    /// That an order or a sale is confirmed or cancelled.
    orders: bool,
    /// That a package is on its way.
    shipments: bool,
    /// That money is back.
    refunds: bool,
    /// What becomes of returns and disputes.
    returns: bool,
    /// That the money of a sale is in the wallet.
    payouts: bool,
}

impl NotificationsJson {
    pub(super) const fn of(wanted: &Notifications, language: Option<Language>) -> Self {
        Self {
            language,
            orders: wanted.orders,
            shipments: wanted.shipments,
            refunds: wanted.refunds,
            returns: wanted.returns,
            payouts: wanted.payouts,
        }
    }
}

/// Which mails a user wants from now on.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct NotificationsRequest {
    /// The language of all mails. Left out, it is the marketplace's.
    #[deserr(default)]
    language: Option<Language>,
    /// That an order or a sale is confirmed or cancelled.
    orders: bool,
    /// That a package is on its way.
    shipments: bool,
    /// That money is back.
    refunds: bool,
    /// What becomes of returns and disputes.
    returns: bool,
    /// That the money of a sale is in the wallet.
    payouts: bool,
}

impl NotificationsRequest {
    const fn wanted_by(&self, user: UserId) -> Notifications {
        Notifications {
            user,
            orders: self.orders,
            shipments: self.shipments,
            refunds: self.refunds,
            returns: self.returns,
            payouts: self.payouts,
        }
    }
}

/// Show which mails I get
///
/// All of them, unless the user has switched some off. Mails about the account are always sent. A marketplace may send no mails at all.
#[utoipa::path(get, path = "/api/users/me/notifications", tag = "users", operation_id = "showNotifications", security(("bearer" = [])),
    responses((status = 200, description = "Which mails the user gets", body = NotificationsJson)))]
pub(super) async fn show(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let (wanted, language) = app::notifications(&app, caller.user).await?;
    Ok(HttpResponse::Ok().json(NotificationsJson::of(&wanted, language)))
}

/// Choose which mails I get
///
/// All switches at once. A mail that is on its way is not sent either if it is switched off.
#[utoipa::path(put, path = "/api/users/me/notifications", tag = "users", operation_id = "changeNotifications", security(("bearer" = [])),
    request_body(content = NotificationsRequest, example = json!({"language": "en", "orders": true, "shipments": true, "refunds": true, "returns": true, "payouts": false})),
    responses((status = 200, description = "Which mails the user gets now", body = NotificationsJson)))]
pub(super) async fn change(
    app: web::Data<App>,
    caller: Caller,
    body: Body<NotificationsRequest>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let (wanted, language) = (body.wanted_by(caller.user), body.language);
    app::change_notifications(&app, wanted, language).await?;
    Ok(HttpResponse::Ok().json(NotificationsJson::of(&wanted, language)))
}
