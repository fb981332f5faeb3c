//! POST /api/products/create.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::Caller;
use kernel::{Currency, Invalid, UserId};
use platform_http::{
    Body, Count, ETag, Fields, FromJson, Price, Problem, ReadProblems, Reader, WriteProblems, text,
};
use serde_json::Value;
use utoipa::ToSchema;

use super::product_json::{PriceJson, ProductJson};
use crate::app::{App, create_product};
use crate::domain::{Category, Description, NewProduct, ProductName, Stock};

/// A product to list.
#[derive(ToSchema)]
#[schema(as = CreateProduct)]
#[expect(
    dead_code,
    reason = "the shape for the API document; the request reads itself"
)]
pub(crate) struct CreateProductJson {
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What is said of it; may be empty.
    #[schema(max_length = 10_000)]
    description: String,
    /// Price of one.
    price: PriceJson,
    /// How many there are.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    stock: i64,
    /// Its shelf. Compared without regard to case.
    #[schema(min_length = 1, max_length = 64)]
    category: String,
}

/// The request, read.
pub(crate) struct CreateProduct {
    name: ProductName,
    description: Description,
    price: Price,
    stock: Stock,
    category: Category,
}

macro_rules! text_from_json {
    ($($field:ty),+) => {
        $(impl FromJson for $field {
            fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
                text(value, pointer, reader, |raw| Self::parse(&raw))
            }
        })+
    };
}
text_from_json!(ProductName, Description, Category);

impl FromJson for Stock {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let Count(count) = Count::<{ Self::MAX }>::from_json(value, pointer, reader)?;
        let stock: Result<Self, Invalid> = Self::parse(count);
        reader.check(pointer, stock)
    }
}

impl FromJson for CreateProduct {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let mut fields = Fields::open(value, pointer, reader)?;
        let name = fields.required("name");
        let description = fields.required("description");
        let price = fields.required("price");
        let stock = fields.required("stock");
        let category = fields.required("category");
        fields.finish()?;
        Some(Self {
            name: name?,
            description: description?,
            price: price?,
            stock: stock?,
            category: category?,
        })
    }
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
    request_body(content = CreateProductJson, example = json!({"name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home"})),
    responses(
        (status = 201, description = "Listed", body = ProductJson, headers(("Location" = String, description = "The product"), ("ETag" = String, description = "Its version")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "sellerId": "0199f3a0-4a11-7b2d-8c41-5e9b0d1c2f3a", "name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home", "status": "active", "version": 1, "createdAt": "2026-01-31T12:00:00.000Z", "updatedAt": "2026-01-31T12:00:00.000Z"})),
        ReadProblems,
        WriteProblems,
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    caller: Caller,
    body: Body<CreateProduct>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner().by(caller.user, app.currency);
    let product = create_product(&app, new).await?;
    let mut answer = HttpResponse::Created();
    answer.insert_header((header::LOCATION, format!("/api/products/{}", product.id)));
    answer.insert_header((header::ETAG, ETag::of(product.version).value()?));
    Ok(answer.json(ProductJson::from(product)))
}
