//! POST /api/products/{id}/unpublish.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use kernel::ProductId;
use platform_http::Problem;

use super::change::{change, changed};
use super::product_json::ProductJson;
use crate::app::{App, unpublish_product};

/// Take a product back
///
/// For its seller. From now on it is a draft: it is in no list or search and cannot be bought. Orders that hold it go on. Its buyers
/// still see it. A repeat changes nothing.
#[utoipa::path(post, path = "/api/products/{id}/unpublish", tag = "products", operation_id = "unpublishProduct", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*"),
    ),
    responses(
        (status = 200, description = "The product, a draft now", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
    ))]
pub(crate) async fn unpublish(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let change = change(&caller, &request, &id, ())?;
    changed(&app, unpublish_product(&app, change).await??).await
}
