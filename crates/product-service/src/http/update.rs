//! PUT /api/products/update.

use actix_web::http::header::ETag;
use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::ProductId;
use platform_http::{Body, Faults, IfMatch, Price, Problem, etag};
use utoipa::ToSchema;

use super::product_json::{DeliveryJson, ProductJson};
use crate::app::{App, update_product};
use crate::domain::{Category, Change, Description, PriceEdit, ProductEdit, ProductName, Stock};

/// The product and the fields to change. Fields that are absent or null stay unchanged.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct UpdateProduct {
    /// The product.
    id: ProductId,
    /// The new name.
    #[deserr(default)]
    name: Option<ProductName>,
    /// The new description.
    #[deserr(default)]
    description: Option<Description>,
    /// The new price. Without a currency it keeps the product's. Existing orders keep their prices.
    #[deserr(default)]
    price: Option<Price>,
    /// The new quantity that can be ordered.
    #[deserr(default)]
    stock: Option<Stock>,
    /// The new category.
    #[deserr(default)]
    category: Option<Category>,
    /// How its buyers get it from now on. Existing orders keep theirs.
    #[deserr(default)]
    delivery: Option<DeliveryJson>,
}

impl From<UpdateProduct> for ProductEdit {
    fn from(body: UpdateProduct) -> Self {
        Self {
            name: body.name,
            description: body.description,
            price: body.price.map(|price| {
                let (amount, currency) = price.parts();
                PriceEdit { amount, currency }
            }),
            stock: body.stock,
            category: body.category,
            delivery: body.delivery.map(Into::into),
        }
    }
}

/// Edit a product
///
/// For its seller. Send the fields to change; the others stay unchanged, and so does the currency of a price that names none: only a
/// price that names another currency changes it. With `If-Match`, the edit is made only if no user
/// and no order changed the product since it was read.
#[utoipa::path(put, path = "/api/products/update", tag = "products", operation_id = "updateProduct", security(("bearer" = [])),
    params(("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*")),
    request_body(content = UpdateProduct, example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "price": 1199, "stock": 25})),
    responses(
        (status = 200, description = "The updated product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
    ))]
pub(crate) async fn update(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<UpdateProduct>,
) -> Result<HttpResponse, Problem> {
    let if_match = IfMatch::of(&request)?;
    let body = body.into_inner();
    let change = Change {
        product: body.id,
        editor: caller.user,
        guard: Box::new(move |version| if_match.allows(version)),
        to: body.into(),
    };
    let product = update_product(&app, change).await??;
    Ok(HttpResponse::Ok()
        .insert_header(ETag(etag(product.version)))
        .json(ProductJson::from(product)))
}
