//! The records that use cases load and save. `store/rows.rs` says how they are stored.

use std::collections::BTreeSet;

use kernel::{BlobName, CategoryId, ImageId, OrderId, ProductId, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use store::Record;
use uuid::Uuid;

use crate::domain::{
    CategoryNode, Image, Product, ProductImages, Reservation, Returned, Seller, StockChange,
    words_of,
};

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

/// An entry of the stock book: how many of a variant the seller added, or removed if negative, with one version of a product. Never
/// changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StockEntry {
    #[serde(rename = "_id")]
    pub(crate) id: EntryId,
    pub(crate) delta: i64,
    pub(crate) at: Timestamp,
    /// Who did it.
    pub(crate) actor: UserId,
    /// Why, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl From<StockEntry> for StockChange {
    fn from(entry: StockEntry) -> Self {
        Self {
            version: entry.id.version,
            variant: entry.id.variant,
            delta: entry.delta,
            actor: entry.actor,
            reason: entry.reason,
            at: entry.at,
        }
    }
}

/// Which product, which version of it, and which of its variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct EntryId {
    pub(crate) product: ProductId,
    pub(crate) version: i64,
    pub(crate) variant: VariantId,
}

impl Record for StockEntry {
    const NAME: &'static str = "stock entry";
    type Key = EntryId;

    fn key(&self) -> EntryId {
        self.id
    }
}

/// Which of a seller's variants has a SKU. Variants that can no longer be ordered have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SkuOwner {
    #[serde(rename = "_id")]
    pub(crate) id: SkuKey,
    pub(crate) product: ProductId,
    pub(crate) variant: VariantId,
}

/// Whose SKU, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct SkuKey {
    pub(crate) seller: UserId,
    pub(crate) sku: String,
}

impl Record for SkuOwner {
    const NAME: &'static str = "SKU";
    type Key = SkuKey;

    fn key(&self) -> SkuKey {
        self.id.clone()
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

impl Record for Seller {
    const NAME: &'static str = "seller";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user
    }
}

impl Record for ProductImages {
    const NAME: &'static str = "product's images";
    type Key = ProductId;

    fn key(&self) -> ProductId {
        self.product
    }
}

/// That an image has a blob: who asks whether a blob may be deleted finds it here. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageFile {
    #[serde(rename = "_id")]
    pub(crate) id: ImageFileId,
}

/// Which blob, and which image.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ImageFileId {
    pub(crate) blob: BlobName,
    pub(crate) image: ImageId,
}

impl ImageFile {
    /// Those of `image`.
    pub(crate) fn of(image: &Image) -> impl Iterator<Item = Self> {
        let blobs = image.pictures.iter().map(|picture| picture.blob.clone());
        // Two of its pictures may be alike.
        let blobs: BTreeSet<BlobName> = blobs.collect();
        let image = image.id;
        blobs.into_iter().map(move |blob| Self {
            id: ImageFileId { blob, image },
        })
    }
}

impl Record for ImageFile {
    const NAME: &'static str = "image file";
    type Key = ImageFileId;

    fn key(&self) -> ImageFileId {
        self.id.clone()
    }
}

impl Record for CategoryNode {
    const NAME: &'static str = "category";
    type Key = CategoryId;

    fn key(&self) -> CategoryId {
        self.id
    }
}

/// The version of the category tree. Every change of a category writes it, so a change that was decided on a stale tree is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TreeVersion {
    /// There is one record.
    #[serde(rename = "_id")]
    id: i64,
    pub(crate) version: i64,
}

impl TreeVersion {
    pub(crate) const KEY: i64 = 1;

    pub(crate) const fn new(version: i64) -> Self {
        let id = Self::KEY;
        Self { id, version }
    }
}

impl Record for TreeVersion {
    const NAME: &'static str = "tree version";
    type Key = i64;

    fn key(&self) -> i64 {
        self.id
    }
}

/// The search words of an active product, and the fields that a search filters by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SearchWords {
    #[serde(rename = "_id")]
    pub(crate) product: ProductId,
    pub(crate) seller: UserId,
    pub(crate) category_id: CategoryId,
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
            category_id: product.category_id,
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
