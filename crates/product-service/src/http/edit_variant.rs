//! PATCH /api/products/{id}/variants/{vid}.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::{ProductId, VariantId};
use platform_http::{Body, Faults, Price, Problem};
use utoipa::ToSchema;

use super::change::{change, changed};
use super::error::variant_not_found;
use super::product_json::ProductJson;
use super::variant_json::price_edit;
use crate::app::{App, edit_variant};
use crate::domain::{Barcode, Options, Sku, Stock, VariantEdit};

/// The fields of a variant to change. Fields that are absent or null stay unchanged.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct EditVariant {
    /// Another SKU.
    #[deserr(default)]
    sku: Option<Sku>,
    /// Another barcode.
    #[deserr(default)]
    barcode: Option<Barcode>,
    /// Other options, instead of all that it has.
    #[deserr(default)]
    options: Option<Options>,
    /// The new price. Without a currency it keeps the variant's. Existing orders keep their prices.
    #[deserr(default)]
    price: Option<Price>,
    /// The new quantity that can be ordered.
    #[deserr(default)]
    stock: Option<Stock>,
}

impl From<EditVariant> for VariantEdit {
    fn from(body: EditVariant) -> Self {
        Self {
            price: body.price.map(price_edit),
            stock: body.stock,
            sku: body.sku,
            barcode: body.barcode,
            options: body.options,
        }
    }
}

/// Edit a variant
///
/// For the product's seller. Send the fields to change; the others stay unchanged. The default variant has the product's id. With
/// `If-Match`, the edit is made only if no user and no order changed the product since it was read.
#[utoipa::path(patch, path = "/api/products/{id}/variants/{vid}", tag = "products", operation_id = "editVariant", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("vid" = VariantId, Path, description = "The variant"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*"),
    ),
    request_body(content = EditVariant, example = json!({"price": 1399, "stock": 8})),
    responses(
        (status = 200, description = "The product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed; `variant_not_found`"),
        (status = 409, description = "`sku_taken`: another of the caller's variants has it"),
    ))]
pub(crate) async fn edit(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Body<EditVariant>,
) -> Result<HttpResponse, Problem> {
    let (id, variant) = path.into_inner();
    let variant: VariantId = variant.parse().map_err(|_| variant_not_found())?;
    let to = (variant, body.into_inner().into());
    let change = change(&caller, &request, &id, to)?;
    changed(&app, edit_variant(&app, change).await??).await
}
