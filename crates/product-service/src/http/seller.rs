//! GET /api/sellers/{id}.

use actix_web::{HttpResponse, web};
use contracts::sellers::SellerStatus;
use kernel::{Timestamp, UserId};
use platform_http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::seller_not_found;
use super::seller_json::ReturnsJson;
use crate::app::{App, SellerPage, seller_page};

/// Whether a seller sells now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ShownSellerStatus)]
enum ShownStatus {
    /// They sell.
    Active,
    /// An operator has suspended them: they sell nothing.
    Suspended,
}

/// A seller as everybody sees them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Seller)]
pub(super) struct SellerPageJson {
    /// The seller.
    id: UserId,
    /// The name that they sell under, if it is known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Grace's lamps")]
    name: Option<String>,
    /// What they say of themselves.
    #[schema(example = "Lamps, made by hand.", max_length = 2_000)]
    description: String,
    /// When they became a seller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    since: Option<Timestamp>,
    /// How many products they sell now.
    #[schema(example = 12, minimum = 0)]
    products: i64,
    /// What they take back.
    returns: ReturnsJson,
    /// `active` or `suspended`.
    status: ShownStatus,
}

impl SellerPageJson {
    fn of(page: SellerPage) -> Self {
        let SellerPage {
            seller,
            card,
            products,
        } = page;
        Self {
            id: seller.user,
            name: card.name.clone(),
            description: seller.description.unwrap_or_default(),
            since: seller.since,
            products,
            returns: ReturnsJson::of(&card),
            status: match seller.status {
                SellerStatus::Suspended => ShownStatus::Suspended,
                SellerStatus::Pending | SellerStatus::Active => ShownStatus::Active,
            },
        }
    }
}

/// Show a seller
///
/// For anyone. A seller who waits for an operator's approval is not shown.
#[utoipa::path(get, path = "/api/sellers/{id}", tag = "sellers", operation_id = "showSeller", security(()),
    params(("id" = UserId, Path, description = "The seller's id, which is their user's")),
    responses(
        (status = 200, description = "The seller", body = SellerPageJson),
        (status = 404, description = "`seller_not_found`"),
    ))]
pub(super) async fn show(
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| seller_not_found())?;
    let page = seller_page(&app, id).await?;
    let page = page.ok_or_else(seller_not_found)?;
    Ok(HttpResponse::Ok().json(SellerPageJson::of(page)))
}
