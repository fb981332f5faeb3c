//! A query for what operators list: the products that one of them took down.

use kernel::{CursorScope, Limit, Page, ProductId};

use super::Product;

/// A query for one page of the products that operators took down, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenDownQuery {
    /// The last product of the page before.
    pub after: Option<ProductId>,
    /// Products per page.
    pub limit: Limit,
}

impl TakenDownQuery {
    /// The scope of this list's cursors.
    #[must_use]
    pub fn scope() -> CursorScope {
        CursorScope::new("taken down products", "")
    }

    /// Builds a page from the results, with the cursor of the next page.
    #[must_use]
    pub fn page(&self, found: Vec<Product>) -> Page<Product> {
        Page::cut(found, self.limit, |product| {
            Self::scope().cursor(&product.id.as_uuid())
        })
    }
}
