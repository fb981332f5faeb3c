//! POST /api/products/{id}/variants.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Creating;
use kernel::{ProductId, VariantId};
use platform_http::{Body, Problem, answer_repeat, etag, json_answer, key_of_change, send_stored};
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use store::{StoreError, StoreResult};

use super::change::change;
use super::variant_json::{NewVariantRequest, VariantJson, variant_meant};
use crate::app::{Added, App, add_variant};
use crate::domain::Product;

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/products/{id}/variants";

/// Add a variant
///
/// For the product's seller. A product has at most 100 variants, the default one included; no two have the same options, and together they
/// have at most 5 names of options. Send an `Idempotency-Key` so that a repeated request adds it once.
#[utoipa::path(post, path = "/api/products/{id}/variants", tag = "products", operation_id = "addVariant", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("If-Match" = Option<String>, Header, description = "The ETag received when the product was read, or `*`", example = "*"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours"),
    ),
    request_body(content = NewVariantRequest, example = json!({"options": {"Colour": "Brass"}, "sku": "LAMP-1-BRASS", "price": 1499, "stock": 5})),
    responses(
        (status = 201, description = "Listed", body = VariantJson, headers(("Location" = String, description = "The product"), ("ETag" = String, description = "The product's version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
        (status = 409, description = "`sku_taken`: another of the caller's variants has it; `too_many_variants`"),
    ))]
pub(crate) async fn add(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<NewVariantRequest>,
) -> Result<HttpResponse, Problem> {
    let new = body.into_inner().read();
    let variant = VariantId::new(&*app.ids);
    let added = Added { id: variant, new };
    let change = change(&caller, &request, &id, added)?;
    let key = {
        let meaning = (change.product, variant_meant(&change.to.new));
        key_of_change(&request, caller.user, ROUTE, &meaning)?
    };
    let once = key.map(|key| Repeatable {
        key,
        render: Arc::new(move |product: &Product| render(product, variant)),
    });
    match add_variant(&app, change, once).await?? {
        Answered::First(product) => Ok(send_stored(render(&product, variant)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn render(product: &Product, variant: VariantId) -> StoreResult<StoredAnswer> {
    let lost = || StoreError::Corrupt(format!("product {} lost a variant", product.id));
    let offer = product.offer(Some(variant)).ok_or_else(lost)?;
    Ok(StoredAnswer {
        location: Some(format!("/api/products/{}", product.id)),
        etag: Some(etag(product.version).to_string()),
        ..json_answer(201, &VariantJson::from(offer))?
    })
}
