//! Queries for what only a product's seller lists: all of their products, and the history of a stock.

use kernel::{CursorScope, Limit, Page, ProductId, Timestamp, UserId, VariantId};
use uuid::Uuid;

use super::{Product, ProductStatus};

/// A query for one page of a seller's products, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnQuery {
    /// The seller.
    pub seller: UserId,
    /// Only those.
    pub filter: OwnFilter,
    /// The last product of the page before.
    pub after: Option<ProductId>,
    /// Products per page.
    pub limit: Limit,
}

/// Which of a seller's products a list contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnFilter {
    /// Only those with this status.
    pub status: Option<ProductStatus>,
    /// Only those with a variant whose stock is this or less.
    pub low_stock: Option<i64>,
}

impl OwnQuery {
    /// The scope of this list's cursors: the same for every seller.
    #[must_use]
    pub fn scope(filter: OwnFilter) -> CursorScope {
        CursorScope::new("own products", &format!("{filter:?}"))
    }

    /// Builds a page from the results, with the cursor of the next page.
    #[must_use]
    pub fn page(&self, found: Vec<Product>) -> Page<Product> {
        let scope = Self::scope(self.filter);
        Page::cut(found, self.limit, |product| {
            scope.cursor(&product.id.as_uuid())
        })
    }
}

/// A change of a variant's stock that its seller made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockChange {
    /// The product's version that came of it.
    pub version: i64,
    /// The variant.
    pub variant: VariantId,
    /// How many were added, or taken away if negative.
    pub delta: i64,
    /// Who did it.
    pub actor: UserId,
    /// Why, if they said so.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A query for one page of the changes of a product's stock, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The product.
    pub product: ProductId,
    /// Only this variant.
    pub variant: Option<VariantId>,
    /// The version and variant of the last change of the page before.
    pub after: Option<(i64, Uuid)>,
    /// Changes per page.
    pub limit: Limit,
}

impl HistoryQuery {
    /// The scope of this list's cursors: the same for every product.
    #[must_use]
    pub fn scope(variant: Option<VariantId>) -> CursorScope {
        CursorScope::new("stock", &format!("{variant:?}"))
    }

    /// Builds a page from the results, with the cursor of the next page.
    #[must_use]
    pub fn page(&self, found: Vec<StockChange>) -> Page<StockChange> {
        let scope = Self::scope(self.variant);
        Page::cut(found, self.limit, |change| {
            scope.cursor(&(change.version, change.variant.as_uuid()))
        })
    }
}
