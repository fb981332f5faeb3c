//! POST /api/sellers/{id}/approve, suspend and reinstate: an operator's decisions.

use actix_web::{HttpResponse, web};
use auth::{Caller, operators_only};
use deserr::Deserr;
use kernel::UserId;
use platform_http::{Body, Faults, Problem};
use utoipa::ToSchema;

use super::seller_json::{SellerJson, SellerReason};
use crate::app::{App, UserError, decide_seller};
use crate::domain::{SellerMove, SellerRefusal};

/// An operator's decision.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(super) struct SellerDecision {
    /// Why. The seller sees it.
    reason: SellerReason,
}

/// Approve a seller
///
/// They may sell from then on. Role `admin`.
#[utoipa::path(post, path = "/api/sellers/{id}/approve", tag = "sellers", operation_id = "approveSeller", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The seller")),
    request_body(content = SellerDecision, example = json!({"reason": "Papers are in order"})),
    responses(
        (status = 200, description = "Approved", body = SellerJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`seller_not_found`"),
        (status = 409, description = "`seller_move_not_allowed`: they do not wait for approval"),
    ))]
pub(super) async fn approve(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<SellerDecision>,
) -> Result<HttpResponse, Problem> {
    decide(&app, &caller, &id, SellerMove::Approve, body.into_inner()).await
}

/// Suspend a seller
///
/// Their products are not shown or sold any more, and their earnings wait. Their orders go on. Nothing of their products changes: all is as it
/// was when they are reinstated. Role `admin`.
#[utoipa::path(post, path = "/api/sellers/{id}/suspend", tag = "sellers", operation_id = "suspendSeller", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The seller")),
    request_body(content = SellerDecision, example = json!({"reason": "Complaints of three buyers"})),
    responses(
        (status = 200, description = "Suspended", body = SellerJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`seller_not_found`"),
        (status = 409, description = "`seller_move_not_allowed`: they are suspended"),
    ))]
pub(super) async fn suspend(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<SellerDecision>,
) -> Result<HttpResponse, Problem> {
    decide(&app, &caller, &id, SellerMove::Suspend, body.into_inner()).await
}

/// Reinstate a suspended seller
///
/// Their products are shown and sold again, and what waited of their earnings becomes available. Role `admin`.
#[utoipa::path(post, path = "/api/sellers/{id}/reinstate", tag = "sellers", operation_id = "reinstateSeller", security(("bearer" = [])),
    params(("id" = UserId, Path, description = "The seller")),
    request_body(content = SellerDecision, example = json!({"reason": "The buyers have their money back"})),
    responses(
        (status = 200, description = "Reinstated", body = SellerJson<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`seller_not_found`"),
        (status = 409, description = "`seller_move_not_allowed`: they are not suspended"),
    ))]
pub(super) async fn reinstate(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<SellerDecision>,
) -> Result<HttpResponse, Problem> {
    decide(&app, &caller, &id, SellerMove::Reinstate, body.into_inner()).await
}

async fn decide(
    app: &App,
    caller: &Caller,
    id: &str,
    step: SellerMove,
    body: SellerDecision,
) -> Result<HttpResponse, Problem> {
    operators_only(caller)?;
    let seller: UserId = id
        .parse()
        .map_err(|_| UserError::from(SellerRefusal::NotFound))?;
    let reason = body.reason.into_string();
    let (seller, user) = decide_seller(app, seller, step, reason, caller.user).await?;
    Ok(HttpResponse::Ok().json(SellerJson::of(&seller, Some(&user))))
}
