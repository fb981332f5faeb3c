//! A product as it stands in JSON.

use contracts::reservations::Delivery;
use deserr::Deserr;
use kernel::{Cursor, Money, Page, ProductId, Timestamp, UserId};
use platform_http::Faults;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Product, ProductStatus};

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

/// A product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Product)]
pub(crate) struct ProductJson {
    /// Its id.
    id: ProductId,
    /// The seller.
    seller_id: UserId,
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
    /// Its category.
    #[schema(example = "Home", min_length = 1, max_length = 64)]
    category: String,
    /// `shipped` or `none`.
    delivery: DeliveryJson,
    /// `active` or `removed`.
    status: ProductStatus,
    /// Rises with every edit and every change of stock; the `ETag` is derived from it.
    #[schema(example = 3, minimum = 1)]
    version: i64,
    /// Time of listing.
    created_at: Timestamp,
    /// Time of the last change, stock included.
    updated_at: Timestamp,
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

impl From<Page<Product>> for ProductPage {
    fn from(page: Page<Product>) -> Self {
        Self {
            items: page.items.into_iter().map(ProductJson::from).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

impl From<Product> for ProductJson {
    fn from(product: Product) -> Self {
        Self {
            id: product.id,
            seller_id: product.seller,
            name: product.name.into_string(),
            description: product.description.into_string(),
            price: product.price,
            stock: product.stock.get(),
            category: product.category.into_string(),
            delivery: product.delivery.into(),
            status: product.status,
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}
