//! The seller of a product, and what they take back, in JSON.

use kernel::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::SellerCard;

/// Who sells a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProductSeller)]
pub(super) struct SellerJson {
    /// The seller.
    pub(super) id: UserId,
    /// The name that they sell under, if it is known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Grace Hopper")]
    pub(super) name: Option<String>,
}

/// What a seller takes back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Returns)]
pub(super) struct ReturnsJson {
    /// Whether they take anything back.
    accepted: bool,
    /// If so, within how many days from delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 14, minimum = 0)]
    window_days: Option<u32>,
}

impl ReturnsJson {
    /// What the seller's terms come to.
    pub(super) fn of(seller: &SellerCard) -> Self {
        Self {
            accepted: seller.returns.accepted,
            window_days: seller.days,
        }
    }
}
