//! How the records are stored, alike by both engines.
//!
//! A product is one document of MongoDB, including the stock that orders keep changing: showing it is one read by id, and a batch of
//! orders reads and writes it once. SQLite keeps what orders change in a table of its own, so that they rewrite a few bytes and no long
//! text. Further variants are a list in the product; their stock is a list of numbers in the same order beside the product's own. So
//! variants cost an order no extra reads or writes, and a product without variants stores nothing extra. Search words are a record of their
//! own, which orders never touch.

use contracts::reservations::Delivery;
use kernel::{CategoryId, Currency, Metadata, Money, ProductId, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use store::{Apart, Plain, Register, Row, StoreError, StoreResult};

use crate::domain::{
    Attributes, Barcode, Category, CategoryNode, Description, Moderation, Options, Product,
    ProductImages, ProductName, ProductStatus, Reservation, Seller, Sku, Stock, Traits, Variant,
    VariantStatus,
};
use crate::records::{ImageFile, SearchWords, SkuOwner, StockEntry, StockReturn, TreeVersion};

/// A product as it is stored. The long text is last: a query that reads only what is before it does not touch its pages.
#[derive(Serialize, Deserialize)]
pub struct ProductFields<Text> {
    #[serde(rename = "_id")]
    id: ProductId,
    seller: UserId,
    price: i64,
    currency: Currency,
    status: ProductStatus,
    delivery: Delivery,
    created_at: Timestamp,
    category: Text,
    category_id: CategoryId,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    available: i64,
    sold: i64,
    /// The stock of the further variants, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variant_stock: Vec<i64>,
    /// With further variants: how many of all variants can be ordered, for lists of what is in stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    /// With further variants: the least stock of any of them, for lists of what runs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<i64>,
    version: i64,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    barcode: Option<Text>,
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    options: Options,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantFields<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderation: Option<Moderation>,
    name: Text,
    description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Text>,
}

/// A further variant as it is stored, without its stock.
#[derive(Serialize, Deserialize)]
pub struct VariantFields<Text> {
    id: VariantId,
    price: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    barcode: Option<Text>,
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    options: Options,
    #[serde(default, skip_serializing_if = "is_default")]
    status: VariantStatus,
}

/// Whether a value is the usual one, which is not stored.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Row for Product {
    const TABLE: &'static str = "products";
    const APART: Option<Apart> = Some(Apart {
        table: "stock",
        fields: &[
            "available",
            "sold",
            "variant_stock",
            "total",
            "least",
            "version",
            "updated_at",
        ],
    });

    type Id = ProductId;
    type Fields = ProductFields<String>;

    fn id(key: &ProductId) -> ProductId {
        *key
    }

    fn fields(&self) -> impl Serialize {
        let varies = !self.variants.is_empty();
        let stocks = || self.offers().map(|offer| offer.stock.get());
        let variants = self.variants.iter();
        ProductFields {
            id: self.id,
            seller: self.seller,
            price: self.price.amount,
            currency: self.price.currency,
            status: self.status,
            delivery: self.delivery,
            created_at: self.created_at,
            category: self.category.as_str(),
            category_id: self.category_id,
            attributes: self.attributes.clone(),
            available: self.stock.get(),
            sold: self.sold,
            variant_stock: variants.map(|variant| variant.stock.get()).collect(),
            total: varies.then(|| stocks().fold(0, i64::saturating_add)),
            least: stocks().min().filter(|_| varies),
            version: self.version,
            updated_at: self.updated_at,
            sku: self.traits.sku.as_ref().map(Sku::as_str),
            barcode: self.traits.barcode.as_ref().map(Barcode::as_str),
            options: self.traits.options.clone(),
            variants: self.variants.iter().map(VariantFields::of).collect(),
            moderation: self.moderation.clone(),
            name: self.name.as_str(),
            description: self.description.as_str(),
            metadata: self.metadata.as_ref().map(Metadata::as_str),
        }
    }

    fn from_fields(fields: ProductFields<String>) -> StoreResult<Self> {
        let corrupt = |what| StoreError::Corrupt(format!("product {}: {what}", fields.id));
        let stock_of = |count: i64| {
            let stock = Stock::stored(count);
            stock.ok_or_else(|| corrupt(format!("{count} is no stock")))
        };
        let (known, counted) = (fields.variants.len(), fields.variant_stock.len());
        if known != counted {
            let what = format!("it has {known} further variants and the stock of {counted}");
            return Err(corrupt(what));
        }
        let mut variants = Vec::with_capacity(known);
        for (variant, count) in fields.variants.into_iter().zip(fields.variant_stock) {
            variants.push(variant.with(stock_of(count)?));
        }
        Ok(Self {
            id: fields.id,
            seller: fields.seller,
            price: Money::positive(fields.price, fields.currency)
                .map_err(|invalid| corrupt(format!("its price {invalid}")))?,
            status: fields.status,
            delivery: fields.delivery,
            created_at: fields.created_at,
            category: Category::stored(fields.category),
            category_id: fields.category_id,
            attributes: fields.attributes,
            sold: fields.sold,
            traits: Traits {
                sku: fields.sku.map(Sku::stored),
                barcode: fields.barcode.map(Barcode::stored),
                options: fields.options,
            },
            variants,
            moderation: fields.moderation,
            metadata: fields.metadata.map(Metadata::stored),
            name: ProductName::stored(fields.name),
            description: Description::stored(fields.description),
            stock: stock_of(fields.available)?,
            version: fields.version,
            updated_at: fields.updated_at,
        })
    }
}

impl<'a> VariantFields<&'a str> {
    fn of(variant: &'a Variant) -> Self {
        Self {
            id: variant.id,
            price: variant.price,
            sku: variant.traits.sku.as_ref().map(Sku::as_str),
            barcode: variant.traits.barcode.as_ref().map(Barcode::as_str),
            options: variant.traits.options.clone(),
            status: variant.status,
        }
    }
}

impl VariantFields<String> {
    fn with(self, stock: Stock) -> Variant {
        Variant {
            id: self.id,
            traits: Traits {
                sku: self.sku.map(Sku::stored),
                barcode: self.barcode.map(Barcode::stored),
                options: self.options,
            },
            price: self.price,
            stock,
            status: self.status,
        }
    }
}

impl Plain for Reservation {
    const TABLE: &'static str = "reservations";
    const FIXED: &'static [&'static str] = &["lines", "buyer", "created_at"];
}

impl Plain for SearchWords {
    const TABLE: &'static str = "search";
}

impl Plain for SkuOwner {
    const TABLE: &'static str = "skus";
    const KEY: &'static [&'static str] = &["seller", "sku"];
}

impl Plain for StockEntry {
    const TABLE: &'static str = "stock_entries";
    const KEY: &'static [&'static str] = &["product", "version", "variant"];
}

impl Plain for StockReturn {
    const TABLE: &'static str = "stock_returns";
    const KEY: &'static [&'static str] = &["order_id", "return_id"];
}

impl Plain for Seller {
    const TABLE: &'static str = "sellers";
}

impl Plain for ProductImages {
    const TABLE: &'static str = "product_images";
}

impl Plain for ImageFile {
    const TABLE: &'static str = "image_files";
    const KEY: &'static [&'static str] = &["blob", "image"];
}

impl Plain for CategoryNode {
    const TABLE: &'static str = "categories";
}

impl Plain for TreeVersion {
    const TABLE: &'static str = "category_tree";
}

/// Lists the rows for an engine.
pub(crate) fn rows<R: Register>(records: R) -> R {
    records
        .row::<TreeVersion>()
        .row::<CategoryNode>()
        .row::<Product>()
        .row::<SearchWords>()
        .row::<SkuOwner>()
        .row::<StockEntry>()
        .row::<Reservation>()
        .row::<StockReturn>()
        .row::<Seller>()
        .row::<ProductImages>()
        .row::<ImageFile>()
}
