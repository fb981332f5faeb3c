//! POST /api/products/{id}/publish.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use kernel::ProductId;
use platform_http::Problem;

use super::change::{change, changed};
use super::product_json::ProductJson;
use crate::app::{App, publish_product};

/// Publish a product
///
/// For its seller. From now on it is in lists and searches, and can be bought. A repeat changes nothing. A removed product is never
/// published again.
#[utoipa::path(post, path = "/api/products/{id}/publish", tag = "products", operation_id = "publishProduct", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*"),
    ),
    responses(
        (status = 200, description = "The published product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
    ))]
pub(crate) async fn publish(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let change = change(&caller, &request, &id, ())?;
    changed(&app, publish_product(&app, change).await??).await
}
