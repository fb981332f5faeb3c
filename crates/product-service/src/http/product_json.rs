//! A product as it stands in JSON.

use kernel::{Cursor, Money, Page, ProductId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Product, ProductStatus};

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
            status: product.status,
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}
