//! POST /api/products/{id}/stock.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::{Invalid, ProductId, VariantId};
use platform_http::{
    Body, Faults, Problem, answer_repeat, etag, json_answer, once_key, read_by_rule, send_stored,
};
use serde::Serialize;
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use store::{StoreError, StoreResult};
use utoipa::ToSchema;

use super::error::product_not_found;
use crate::app::{App, adjust_stock};
use crate::domain::{Adjustment, Change, Product, Stock, Why};

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/products/{id}/stock";

read_by_rule! {
    Delta: i64 => Self::parse;
}

/// How much stock is added, or taken away if negative.
#[derive(ToSchema)]
#[schema(value_type = i64, minimum = -1_000_000_000, maximum = 1_000_000_000, example = 12)]
struct Delta(i64);

impl Delta {
    fn parse(delta: i64) -> Result<Self, Invalid> {
        let max = Stock::MAX;
        if delta != 0 && (-max..=max).contains(&delta) {
            return Ok(Self(delta));
        }
        let detail = format!("must be between -{max} and {max}, and not 0");
        Err(Invalid::new("out_of_range", detail))
    }
}

/// A change of stock.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AdjustStock {
    /// The variant. Without it, the default one.
    #[deserr(default)]
    variant_id: Option<VariantId>,
    /// How many are added, or taken away if negative. Not 0.
    delta: Delta,
    /// Why. It stands in the history.
    reason: Why,
}

/// The stock after a change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdjustedStock {
    /// The product.
    product_id: ProductId,
    /// The variant. The default one has the product's id.
    variant_id: VariantId,
    /// How many were added, or taken away if negative.
    delta: i64,
    /// The quantity that can be ordered now.
    #[schema(example = 52, minimum = 0)]
    stock: i64,
    /// The product's version now.
    #[schema(example = 4, minimum = 1)]
    version: i64,
}

/// Add or take away stock
///
/// For the product's seller. Relative to whatever is there: no order that comes in at the same time is lost, and the stock that can be
/// ordered never falls below 0. Send an `Idempotency-Key` so that a repeated request counts once.
#[utoipa::path(post, path = "/api/products/{id}/stock", tag = "products", operation_id = "adjustStock", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours"),
    ),
    request_body(content = AdjustStock, example = json!({"delta": 12, "reason": "Delivery 2041"})),
    responses(
        (status = 201, description = "In the stock book", body = AdjustedStock, headers(("Location" = String, description = "The history"), ("ETag" = String, description = "The product's version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed; `variant_not_found`"),
        (status = 409, description = "`insufficient_stock`: there are fewer than `delta` takes away"),
    ))]
pub(crate) async fn adjust(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<AdjustStock>,
) -> Result<HttpResponse, Problem> {
    let product: ProductId = id.parse().map_err(|_| product_not_found())?;
    let AdjustStock {
        variant_id,
        delta: Delta(delta),
        reason,
    } = body.into_inner();
    let variant = variant_id.unwrap_or(VariantId::default_of(product));
    let meaning = (product, variant, delta, reason.as_str());
    let key = once_key(&request, caller.user, ROUTE, &meaning)?;
    let once = key.map(|key| Repeatable {
        key,
        render: Arc::new(move |product: &Product| render(product, variant, delta)),
    });
    let change = Change {
        product,
        editor: caller.user,
        guard: Box::new(|_| true),
        to: Adjustment {
            variant: Some(variant),
            delta,
            reason,
        },
    };
    match adjust_stock(&app, change, once).await?? {
        Answered::First(product) => Ok(send_stored(render(&product, variant, delta)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn render(product: &Product, variant: VariantId, delta: i64) -> StoreResult<StoredAnswer> {
    let lost = || StoreError::Corrupt(format!("product {} lost a variant", product.id));
    let offer = product.offer(Some(variant)).ok_or_else(lost)?;
    let adjusted = AdjustedStock {
        product_id: product.id,
        variant_id: variant,
        delta,
        stock: offer.stock.get(),
        version: product.version,
    };
    Ok(StoredAnswer {
        location: Some(format!("/api/products/{}/stock", product.id)),
        etag: Some(etag(product.version).to_string()),
        ..json_answer(201, &adjusted)?
    })
}
