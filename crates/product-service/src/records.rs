//! The records that use cases load and save. `store/rows.rs` says how they are stored.

use std::collections::BTreeSet;

use kernel::{OrderId, ProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::Record;
use uuid::Uuid;

use crate::domain::{Product, Reservation, Returned, words_of};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StockEntry {
    #[serde(rename = "_id")]
    pub(crate) id: EntryId,
    pub(crate) delta: i64,
    pub(crate) at: Timestamp,
}

/// Which product, and which version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct EntryId {
    pub(crate) product: ProductId,
    pub(crate) version: i64,
}

impl Record for StockEntry {
    const NAME: &'static str = "stock entry";
    type Key = EntryId;

    fn key(&self) -> EntryId {
        self.id
    }
}

/// A return of an order's stock that is in the stock book. It keeps the return's id, so that a repeat changes nothing. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StockReturn {
    #[serde(rename = "_id")]
    pub(crate) id: ReturnKey,
    pub(crate) lines: Vec<Returned>,
    pub(crate) at: Timestamp,
}

/// Which order, and which return of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ReturnKey {
    pub(crate) order_id: OrderId,
    pub(crate) return_id: Uuid,
}

impl Record for StockReturn {
    const NAME: &'static str = "stock return";
    type Key = ReturnKey;

    fn key(&self) -> ReturnKey {
        self.id
    }
}

/// What a user is called, as the user service said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Name {
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    #[serde(rename = "name")]
    pub(crate) called: String,
    /// Rises with each change of the name.
    pub(crate) version: i64,
}

impl Record for Name {
    const NAME: &'static str = "name";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user
    }
}

/// The search words of an active product, and the fields that a search filters by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SearchWords {
    #[serde(rename = "_id")]
    pub(crate) product: ProductId,
    pub(crate) seller: UserId,
    pub(crate) category_key: String,
    pub(crate) price: i64,
    /// The words of the name. They rank the results.
    pub(crate) name_words: BTreeSet<String>,
    /// The words of the name and of the description.
    pub(crate) words: BTreeSet<String>,
}

impl SearchWords {
    pub(crate) fn of(product: &Product) -> Self {
        let name_words = words_of(product.name.as_str());
        let mut words = name_words.clone();
        words.extend(words_of(product.description.as_str()));
        Self {
            product: product.id,
            seller: product.seller,
            category_key: product.category.key(),
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
