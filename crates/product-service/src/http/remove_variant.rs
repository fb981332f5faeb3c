//! DELETE /api/products/{id}/variants/{vid}.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use kernel::{ProductId, VariantId};
use platform_http::Problem;

use super::change::{change, changed};
use super::error::variant_not_found;
use super::product_json::ProductJson;
use crate::app::{App, remove_variant};

/// Remove a variant
///
/// For the product's seller. It can no longer be ordered; existing orders go on. A repeat gets the same answer. The default variant can
/// only be removed with its product.
#[utoipa::path(delete, path = "/api/products/{id}/variants/{vid}", tag = "products", operation_id = "removeVariant", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("vid" = VariantId, Path, description = "The variant", example = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c50"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*"),
    ),
    responses(
        (status = 200, description = "The product without it", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed; `variant_not_found`"),
        (status = 409, description = "`default_variant`: remove the product instead"),
    ))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, variant) = path.into_inner();
    let variant: VariantId = variant.parse().map_err(|_| variant_not_found())?;
    let change = change(&caller, &request, &id, variant)?;
    changed(&app, remove_variant(&app, change).await??).await
}
