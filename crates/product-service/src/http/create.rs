//! POST /api/products/create.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::UserId;
use platform_http::{
    Body, Faults, Price, Problem, answer_repeat, etag, json_answer, once_key, read_by_rule,
    send_stored,
};
use serde::Serialize;
use store::StoreResult;
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use utoipa::ToSchema;

use super::product_json::{DeliveryJson, ProductJson};
use crate::app::{App, create_product, create_product_once};
use crate::domain::{Category, Description, NewProduct, Product, ProductName, Stock};

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/products/create";

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
    name: ProductName,
    /// Its description; may be empty.
    description: Description,
    /// Unit price.
    price: Price,
    /// Quantity in stock.
    stock: Stock,
    /// Its category, case-insensitive.
    category: Category,
    /// How its buyers get it. Defaults to the marketplace's setting, usually `none`.
    #[deserr(default)]
    delivery: Option<DeliveryJson>,
}

impl CreateProduct {
    fn by(self, seller: UserId, app: &App) -> NewProduct {
        NewProduct {
            seller,
            name: self.name,
            description: self.description,
            price: self.price.in_currency(app.currency),
            stock: self.stock,
            category: self.category,
            delivery: self.delivery.map_or(app.delivery, Into::into),
        }
    }
}

/// List a product
///
/// The caller becomes its seller. It can be found and bought at once. Send an `Idempotency-Key` so that a repeated request lists it
/// once.
#[utoipa::path(post, path = "/api/products/create", tag = "products", operation_id = "createProduct", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours")),
    request_body(content = CreateProduct, example = json!({"name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home", "delivery": "shipped"})),
    responses(
        (status = 201, description = "Listed", body = ProductJson, headers(("Location" = String, description = "The product"), ("ETag" = String, description = "Its version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request")),
            example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "sellerId": "0199f3a0-4a11-7b2d-8c41-5e9b0d1c2f3a", "name": "Desk lamp", "description": "Warm light, three steps.", "price": {"amount": 1299, "currency": "USD"}, "stock": 40, "category": "Home", "delivery": "shipped", "status": "active", "version": 1, "createdAt": "2026-01-31T12:00:00.000Z", "updatedAt": "2026-01-31T12:00:00.000Z"})),
    ))]
pub(crate) async fn create(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<CreateProduct>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner().by(caller.user, &app);
    let key = once_key(&request, caller.user, ROUTE, &meaning(&new))?;
    let Some(key) = key else {
        let product = create_product(&app, new).await?;
        return Ok(send_stored(render(&product)?));
    };
    let repeatable = Repeatable {
        key,
        render: Arc::new(render),
    };
    match create_product_once(&app, new, repeatable).await? {
        Answered::First(product) => Ok(send_stored(render(&product)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn meaning(new: &NewProduct) -> impl Serialize {
    (
        new.name.as_str(),
        new.description.as_str(),
        new.price,
        new.stock.get(),
        new.category.as_str(),
        new.delivery,
    )
}

fn render(product: &Product) -> StoreResult<StoredAnswer> {
    Ok(StoredAnswer {
        location: Some(format!("/api/products/{}", product.id)),
        etag: Some(etag(product.version).to_string()),
        ..json_answer(201, &ProductJson::from(product.clone()))?
    })
}
