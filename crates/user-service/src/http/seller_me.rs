//! GET and PUT /api/sellers/me.

use actix_web::{HttpResponse, web};
use auth::Caller;
use platform_http::{Body, Problem};

use super::seller_json::{SellerJson, SellerRequest};
use crate::app::{self, App};

/// Show me as a seller
///
/// A user becomes a seller with their first product, or by saying something of themselves here.
#[utoipa::path(get, path = "/api/sellers/me", tag = "sellers", operation_id = "showMySeller", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller as a seller", body = SellerJson<'static>),
        (status = 404, description = "`seller_not_found`: the caller is no seller yet"),
    ))]
pub(super) async fn show(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let (seller, user) = app::my_seller(&app, caller.user).await?;
    Ok(HttpResponse::Ok().json(SellerJson::of(&seller, Some(&user))))
}

/// Say what I am as a seller
///
/// All of it: what is left out is gone. Products show the name and what is taken back; orders keep what they were placed with.
#[utoipa::path(put, path = "/api/sellers/me", tag = "sellers", operation_id = "changeMySeller", security(("bearer" = [])),
    request_body(content = SellerRequest, example = json!({"displayName": "Grace's lamps", "description": "Lamps, made by hand.", "returns": {"accepted": true, "windowDays": 30}})),
    responses(
        (status = 200, description = "The caller as a seller", body = SellerJson<'static>),
    ))]
pub(super) async fn change(
    app: web::Data<App>,
    caller: Caller,
    body: Body<SellerRequest>,
) -> Result<HttpResponse, Problem> {
    let (seller, user) = app::change_seller(&app, caller.user, body.into_inner().into()).await?;
    Ok(HttpResponse::Ok().json(SellerJson::of(&seller, Some(&user))))
}
