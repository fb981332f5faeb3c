//! PUT /api/products/update.

use actix_web::http::header::ETag;
use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::ProductId;
use platform_http::{Body, Faults, IfMatch, MetadataJson, Price, Problem, etag_beside};
use utoipa::ToSchema;

use super::attributes_json::{AttributesJson, CategoryRef};
use super::product_json::{DeliveryJson, ProductJson, own};
use super::variant_json::price_edit;
use crate::app::{App, update_product};
use crate::domain::{Barcode, Change, Description, Options, ProductEdit, ProductName, Sku, Stock};

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
    /// The new category: a name, case-insensitive, or an id. A name that does not exist yet creates a category.
    #[deserr(default)]
    category: Option<CategoryRef>,
    /// What it says of itself from now on, instead of all that it says. In another category, what it says must be attributes of that one.
    #[deserr(default)]
    attributes: Option<AttributesJson>,
    /// How its buyers get it from now on. Existing orders keep theirs.
    #[deserr(default)]
    delivery: Option<DeliveryJson>,
    /// Another SKU.
    #[deserr(default)]
    sku: Option<Sku>,
    /// Another barcode.
    #[deserr(default)]
    barcode: Option<Barcode>,
    /// Other options, instead of all that it has.
    #[deserr(default)]
    options: Option<Options>,
    /// Other metadata, instead of all that is kept.
    #[deserr(default)]
    metadata: Option<MetadataJson>,
}

impl From<UpdateProduct> for ProductEdit {
    fn from(body: UpdateProduct) -> Self {
        Self {
            name: body.name,
            description: body.description,
            price: body.price.map(price_edit),
            stock: body.stock,
            category: None,
            attributes: body.attributes.map(Into::into),
            delivery: body.delivery.map(Into::into),
            sku: body.sku,
            barcode: body.barcode,
            options: body.options,
            metadata: body.metadata.map(MetadataJson::into_inner),
        }
    }
}

/// Edit a product
///
/// For its seller. Price, stock, SKU, barcode and options are those of its default variant; the others are edited by themselves. Send the
/// fields to change; the others stay unchanged, and so does the currency of a price that names none: only a
/// price that names another currency changes it. With `If-Match`, the edit is made only if no user
/// and no order changed the product since it was read.
#[utoipa::path(put, path = "/api/products/update", tag = "products", operation_id = "updateProduct", security(("bearer" = [])),
    params(("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*")),
    request_body(content = UpdateProduct, example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "price": 1199, "stock": 25})),
    responses(
        (status = 200, description = "The updated product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
        (status = 409, description = "`sku_taken`: another of the caller's variants has it; `too_many_categories`: there can be no new one"),
    ))]
pub(crate) async fn update(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<UpdateProduct>,
) -> Result<HttpResponse, Problem> {
    let if_match = IfMatch::of(&request)?;
    let mut body = body.into_inner();
    let category = body.category.take().map(Into::into);
    let change = Change {
        product: body.id,
        editor: caller.user,
        guard: Box::new(move |version| if_match.allows(version)),
        to: body.into(),
    };
    let product = update_product(&app, change, category).await??;
    let seller = app.sellers.card(&app.store, product.seller).await?;
    Ok(HttpResponse::Ok()
        .insert_header(ETag(etag_beside(product.version, seller.revision)))
        .json(own(&app, product, &seller).await?))
}
