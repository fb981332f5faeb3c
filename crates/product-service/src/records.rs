//! The records that use cases load and save. `store/` maps them to tables and documents.

use std::collections::BTreeSet;

use kernel::{OrderId, ProductId, Timestamp, UserId};
use store::Record;

use crate::domain::{Category, Product, Reservation, words_of};

impl Record for Product {
    const NAME: &'static str = "product";
    type Key = ProductId;

    fn key(&self) -> ProductId {
        self.id
    }
}

impl Record for Reservation {
    const NAME: &'static str = "reservation";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.order
    }
}

/// An entry of the stock book: how many the seller added, or removed if negative, with one version of a product. Never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StockEntry {
    pub(crate) product: ProductId,
    pub(crate) version: i64,
    pub(crate) delta: i64,
    pub(crate) at: Timestamp,
}

impl Record for StockEntry {
    const NAME: &'static str = "stock entry";
    type Key = (ProductId, i64);

    fn key(&self) -> Self::Key {
        (self.product, self.version)
    }
}

/// The search words of an active product, and the fields that a search filters by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchWords {
    pub(crate) product: ProductId,
    pub(crate) seller: UserId,
    pub(crate) category: Category,
    pub(crate) price: i64,
    /// The words of the name. They rank the results.
    pub(crate) name_words: BTreeSet<String>,
    /// The words of the name and of the description.
    pub(crate) words: BTreeSet<String>,
}

impl SearchWords {
    pub(crate) fn of(product: &Product) -> Self {
        let name_words: BTreeSet<String> = words_of(product.name.as_str()).collect();
        let mut words = name_words.clone();
        words.extend(words_of(product.description.as_str()));
        Self {
            product: product.id,
            seller: product.seller,
            category: product.category.clone(),
            price: product.price.amount,
            name_words,
            words,
        }
    }
}

impl Record for SearchWords {
    const NAME: &'static str = "search words";
    type Key = ProductId;

    fn key(&self) -> ProductId {
        self.product
    }
}
