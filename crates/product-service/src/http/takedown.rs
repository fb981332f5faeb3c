//! POST /api/products/{id}/takedown and /reinstate.

use actix_web::http::header::ETag;
use actix_web::{HttpResponse, web};
use auth::{Caller, operators_only};
use deserr::Deserr;
use kernel::ProductId;
use platform_http::{Body, Faults, Problem, etag_beside, read_by_rule};
use utoipa::ToSchema;

use super::error::product_not_found;
use super::product_json::{ProductJson, shown};
use crate::app::{App, put_back, take_down};
use crate::domain::{Product, Viewer, Why};

read_by_rule! {
    Why: String => |raw| Self::parse(&raw);
}

/// Why a product is removed.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct Takedown {
    /// The reason. The seller sees it.
    reason: Why,
}

/// Remove a product as an operator
///
/// The product disappears from lists and search, can no longer be ordered, and its seller cannot publish it again. They see it
/// with the reason in `moderation`. Existing orders go on. A repeat changes nothing: the first reason stays. Role `admin`.
#[utoipa::path(post, path = "/api/products/{id}/takedown", tag = "products", operation_id = "takeDownProduct", security(("bearer" = [])),
    params(("id" = ProductId, Path, description = "The product")),
    request_body(content = Takedown, example = json!({"reason": "Counterfeit goods are not sold here."})),
    responses(
        (status = 200, description = "The removed product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`product_not_found`"),
    ))]
pub(crate) async fn take_down_product(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<Takedown>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let id: ProductId = id.parse().map_err(|_| product_not_found())?;
    let Takedown { reason } = body.into_inner();
    let product = take_down(&app, id, caller.user, reason).await??;
    answer(&app, product).await
}

/// Put a product back as an operator
///
/// One that an operator removed becomes a draft, which its seller may publish again. Any other stays as it is. Role `admin`.
#[utoipa::path(post, path = "/api/products/{id}/reinstate", tag = "products", operation_id = "reinstateProduct", security(("bearer" = [])),
    params(("id" = ProductId, Path, description = "The product")),
    responses(
        (status = 200, description = "The product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`forbidden`: not an administrator"),
        (status = 404, description = "`product_not_found`"),
    ))]
pub(crate) async fn reinstate_product(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    operators_only(&caller)?;
    let id: ProductId = id.parse().map_err(|_| product_not_found())?;
    let product = put_back(&app, id, caller.user).await??;
    answer(&app, product).await
}

/// The product as operators see it now.
async fn answer(app: &App, product: Product) -> Result<HttpResponse, Problem> {
    let seller = app.sellers.card(&app.store, product.seller).await?;
    let tag = etag_beside(product.version, seller.revision);
    Ok(HttpResponse::Ok()
        .insert_header(ETag(tag))
        .json(shown(app, product, Viewer::Operator, &seller).await?))
}
