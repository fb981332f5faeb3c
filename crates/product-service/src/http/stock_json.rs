//! A change of stock as it stands in JSON.

use kernel::{Cursor, Page, Timestamp, UserId, VariantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::StockChange;

/// A change of a variant's stock that its seller made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StockChange)]
pub(crate) struct StockChangeJson {
    /// The variant. The default one has the product's id.
    variant_id: VariantId,
    /// How many were added, or taken away if negative.
    #[schema(example = 12)]
    delta: i64,
    /// Why, if the seller said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "Delivery 2041",
        min_length = 1,
        max_length = 200
    )]
    reason: Option<String>,
    /// Who did it.
    actor_id: UserId,
    /// The product's version that came of it.
    #[schema(example = 3, minimum = 1)]
    version: i64,
    /// When.
    at: Timestamp,
}

impl From<StockChange> for StockChangeJson {
    fn from(change: StockChange) -> Self {
        Self {
            variant_id: change.variant,
            delta: change.delta,
            reason: change.reason,
            actor_id: change.actor,
            version: change.version,
            at: change.at,
        }
    }
}

/// A page of changes of stock.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StockHistoryPage {
    /// The changes, the latest first.
    items: Vec<StockChangeJson>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl From<Page<StockChange>> for StockHistoryPage {
    fn from(page: Page<StockChange>) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }
    }
}
