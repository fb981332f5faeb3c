//! POST /api/products/create.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::{Currency, UserId};
use platform_http::{Body, Faults, Problem, etag, read_by_rule};
use utoipa::ToSchema;

use super::price::Price;
use super::product_json::ProductJson;
use crate::app::{App, create_product};
use crate::domain::{Category, Description, NewProduct, ProductName, Stock};

read_by_rule! {
    ProductName: String => |raw| Self::parse(&raw);
    Description: String => |raw| Self::parse(&raw);
    Category: String => |raw| Self::parse(&raw);
    Stock: i64 => Self::parse;
}

/// A product to list.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct CreateProduct {
    /// Its name.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: ProductName,
    /// Its description; may be empty.
    #[schema(value_type = String, max_length = 10_000)]
    description: Description,
    /// Unit price.
    price: Price,
    /// Quantity in stock.
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000)]
    stock: Stock,
    /// Its category, case-insensitive.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    category: Category,
}

impl CreateProduct {
    fn by(self, seller: UserId, currency: Currency) -> NewProduct {
        NewProduct {
            seller,
            name: self.name,
            description: self.description,
            price: self.price.in_currency(currency),
            stock: self.stock,
            category: self.category,
        }
    }
}

/// List a product
///
/// The caller becomes its seller. It can be found and bought at once.
#[utoipa::path(post, path = "/api/products/create", tag = "products", operation_id = "createProduct", security(("bearer" = [])),
    request_body(content = CreateProduct, example = json!({"name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home"})),
    responses(
        (status = 201, description = "Listed", body = ProductJson, headers(("Location" = String, description = "The product"), ("ETag" = String, description = "Its version")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "sellerId": "0199f3a0-4a11-7b2d-8c41-5e9b0d1c2f3a", "name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home", "status": "active", "version": 1, "createdAt": "2026-01-31T12:00:00.000Z", "updatedAt": "2026-01-31T12:00:00.000Z"})),
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    caller: Caller,
    body: Body<CreateProduct>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner().by(caller.user, app.currency);
    let product = create_product(&app, new).await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/products/{}", product.id)))
        .insert_header(header::ETag(etag(product.version)))
        .json(ProductJson::from(product)))
}
