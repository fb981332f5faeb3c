//! PATCH /api/products/remove.

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::ProductId;
use platform_http::{Body, Faults, IfMatch, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, remove_product};
use crate::domain::{Change, ProductStatus};

/// The product to remove.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct RemoveProduct {
    /// The product.
    id: ProductId,
}

/// A product that was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedProduct {
    /// The product.
    id: ProductId,
    /// Always `removed`.
    #[schema(example = "removed")]
    status: ProductStatus,
}

/// Remove a product
///
/// For its seller. The product disappears from lists and search and can no longer be ordered. Existing orders still show it.
/// A repeat gets the same answer.
#[utoipa::path(patch, path = "/api/products/remove", tag = "products", operation_id = "removeProduct", security(("bearer" = [])),
    params(("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*")),
    request_body(content = RemoveProduct, example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d"})),
    responses(
        (status = 200, description = "Removed", body = RemovedProduct, example = json!({"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "status": "removed"})),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`"),
    ))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Body<RemoveProduct>,
) -> Result<HttpResponse, Problem> {
    let if_match = IfMatch::of(&request)?;
    let RemoveProduct { id } = body.into_inner();
    let change = Change {
        product: id,
        editor: caller.user,
        guard: Box::new(move |version| if_match.allows(version)),
        to: (),
    };
    remove_product(&app, change).await??;
    Ok(HttpResponse::Ok().json(RemovedProduct {
        id,
        status: ProductStatus::Removed,
    }))
}
