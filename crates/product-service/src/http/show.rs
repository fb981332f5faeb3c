//! GET /api/products/{id}.

use actix_web::{HttpRequest, HttpResponse, web};
use kernel::ProductId;
use platform_http::{Problem, conditional, etag_beside};

use super::error::product_not_found;
use super::product_json::{ProductJson, shown};
use super::reader::CatalogueReader;
use crate::app::{App, product};

/// Show a product
///
/// A removed product is shown to its seller only, and so is one of a seller who may not sell. The `ETag` changes with every edit and every
/// change of stock, and with what its seller is called and takes back.
#[utoipa::path(get, path = "/api/products/{id}", tag = "products", operation_id = "showProduct", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the version that the client has; 304 if it has not changed"),
    ),
    responses(
        (status = 200, description = "The product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "The client has this version already", headers(("ETag" = String, description = "Its version"))),
        (status = 404, description = "`product_not_found`"),
    ))]
pub(crate) async fn show(
    app: web::Data<App>,
    reader: CatalogueReader,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: ProductId = id.parse().map_err(|_| product_not_found())?;
    let product = product(&app, id, reader.0)
        .await?
        .ok_or_else(product_not_found)?;
    let seller = app.sellers.card(&app.store, product.seller).await?;
    let tag = etag_beside(product.version, seller.revision);
    let product = shown(&app, product, reader.0, &seller).await?;
    conditional(&request, tag, &product)
}
