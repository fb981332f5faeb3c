//! A product as it stands in JSON.

use contracts::reservations::Delivery;
use deserr::Deserr;
use kernel::{CategoryId, Cursor, Money, Page, ProductId, Timestamp, UserId};
use platform_http::{Faults, MetadataJson};
use serde::Serialize;
use store::StoreResult;
use utoipa::ToSchema;

use super::attributes_json::AttributesJson;
use super::image_json::ImageJson;
use super::seller_json::{ReturnsJson, SellerJson};
use super::variant_json::VariantJson;
use crate::app::{App, SellerCard, SellerCards, images_of, images_of_one};
use crate::domain::{Barcode, Image, Moderation, Options, Product, ProductStatus, Sku, Viewer};

/// How buyers get a product: the seller ships it, or nothing is shipped, as with services and downloads.
#[derive(Debug, Clone, Copy, Serialize, Deserr, ToSchema)]
#[serde(rename_all = "lowercase")]
#[deserr(error = Faults, rename_all = lowercase)]
#[schema(as = Delivery)]
pub(super) enum DeliveryJson {
    /// The seller ships it. An order of it needs an address.
    Shipped,
    /// Nothing is shipped. It is delivered when it is paid.
    None,
}

impl From<Delivery> for DeliveryJson {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Shipped => Self::Shipped,
            Delivery::None => Self::None,
        }
    }
}

impl From<DeliveryJson> for Delivery {
    fn from(delivery: DeliveryJson) -> Self {
        match delivery {
            DeliveryJson::Shipped => Self::Shipped,
            DeliveryJson::None => Self::None,
        }
    }
}

/// A product. Its price, stock, SKU, barcode and options are those of its default variant, whose id is the product's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Product)]
pub(crate) struct ProductJson {
    /// Its id.
    id: ProductId,
    /// The seller.
    seller_id: UserId,
    /// Who that is.
    seller: SellerJson,
    /// Its name.
    #[schema(example = "Desk lamp", min_length = 1, max_length = 200)]
    name: String,
    /// Its description.
    #[schema(example = "Warm light, three steps.", max_length = 10_000)]
    description: String,
    /// Unit price.
    price: Money,
    /// The quantity that can be ordered now.
    #[schema(example = 40, minimum = 0)]
    stock: i64,
    /// Its category, by name, as its seller wrote it.
    #[schema(example = "Home", min_length = 1, max_length = 64)]
    category: String,
    /// Its category in the tree.
    category_id: CategoryId,
    /// What it says of itself: values of attributes of its category, by key.
    #[serde(skip_serializing_if = "AttributesJson::is_empty")]
    #[schema(required = false)]
    attributes: AttributesJson,
    /// `shipped` or `none`.
    delivery: DeliveryJson,
    /// What its seller takes back.
    returns: ReturnsJson,
    /// The seller's own number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 64, example = "LAMP-1")]
    sku: Option<String>,
    /// The number of the kind of thing, as its maker prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 64,
        example = "4006381333931"
    )]
    barcode: Option<String>,
    /// Its options, by name.
    #[serde(skip_serializing_if = "Options::is_empty")]
    #[schema(required = false)]
    options: Options,
    /// All of its variants, the default one first; only if there are more than that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 100)]
    variants: Vec<VariantJson>,
    /// What its seller keeps with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    metadata: Option<MetadataJson>,
    /// `draft`, `active` or `removed`.
    status: ProductStatus,
    /// Its images, at most 12. The first is the one for lists.
    images: Vec<ImageJson>,
    /// Why an operator removed it, if one did. Its seller and operators see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    moderation: Option<ModerationJson>,
    /// Rises with every edit and every change of stock; the `ETag` is derived from it.
    #[schema(example = 3, minimum = 1)]
    version: i64,
    /// Time of listing.
    created_at: Timestamp,
    /// Time of the last change, stock included.
    updated_at: Timestamp,
}

/// Why an operator removed a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Moderation)]
struct ModerationJson {
    /// The reason.
    #[schema(
        example = "Counterfeit goods are not sold here.",
        min_length = 1,
        max_length = 200
    )]
    reason: String,
    /// When it was removed.
    at: Timestamp,
}

impl From<Moderation> for ModerationJson {
    fn from(moderation: Moderation) -> Self {
        Self {
            reason: moderation.reason,
            at: moderation.at,
        }
    }
}

/// A page of products.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductPage {
    /// The products.
    items: Vec<ProductJson>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl ProductPage {
    /// The page, as `viewer` sees it. `cards` has its sellers. The images of its products are one more read for all of them.
    pub(super) async fn of(
        app: &App,
        page: Page<Product>,
        viewer: Viewer,
        cards: &SellerCards,
    ) -> StoreResult<Self> {
        let ids = page.items.iter().map(|product| product.id).collect();
        let mut images = images_of(app, ids).await?;
        let items = page.items.into_iter().map(|product| {
            let images = images.remove(&product.id).unwrap_or_default();
            let seller = cards.of(product.seller);
            ProductJson::of(product, viewer, &seller).with_images(&images, app)
        });
        Ok(Self {
            items: items.collect(),
            next_cursor: page.next_cursor,
        })
    }
}

/// The product with its images, as `viewer` sees it.
pub(super) async fn shown(
    app: &App,
    product: Product,
    viewer: Viewer,
    seller: &SellerCard,
) -> StoreResult<ProductJson> {
    let images = images_of_one(app, product.id).await?;
    Ok(ProductJson::of(product, viewer, seller).with_images(&images, app))
}

/// The product with its images, as its seller sees it.
pub(super) async fn own(
    app: &App,
    product: Product,
    seller: &SellerCard,
) -> StoreResult<ProductJson> {
    let viewer = Viewer::User(product.seller);
    shown(app, product, viewer, seller).await
}

impl ProductJson {
    fn with_images(mut self, images: &[Image], app: &App) -> Self {
        let url = &app.pictures.url;
        self.images = images
            .iter()
            .map(|image| ImageJson::of(image, url))
            .collect();
        self
    }

    /// The product of `seller`, as `viewer` sees it, without images.
    fn of(mut product: Product, viewer: Viewer, seller: &SellerCard) -> Self {
        let moderation = product.moderation.take();
        let moderation = moderation.filter(|_| viewer.manages(&product));
        let mut variants = Vec::new();
        if product.offers().nth(1).is_some() {
            variants.extend(product.offers().map(VariantJson::from));
        }
        Self {
            id: product.id,
            seller_id: product.seller,
            seller: SellerJson {
                id: product.seller,
                name: seller.name.clone(),
            },
            returns: ReturnsJson::of(seller),
            name: product.name.into_string(),
            description: product.description.into_string(),
            price: product.price,
            stock: product.stock.get(),
            category: product.category.into_string(),
            category_id: product.category_id,
            attributes: product.attributes.into(),
            delivery: product.delivery.into(),
            sku: product.traits.sku.map(Sku::into_string),
            barcode: product.traits.barcode.map(Barcode::into_string),
            options: product.traits.options,
            variants,
            metadata: product.metadata.map(Into::into),
            status: product.status,
            moderation: moderation.map(Into::into),
            images: Vec::new(),
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }

    /// The product, as its seller sees it.
    pub(super) fn own(product: Product, seller: &SellerCard) -> Self {
        let viewer = Viewer::User(product.seller);
        Self::of(product, viewer, seller)
    }
}
