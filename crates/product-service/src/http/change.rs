//! What requests that change a product have in common.

use actix_web::http::header::ETag;
use actix_web::{HttpRequest, HttpResponse};
use auth::Caller;
use platform_http::{IfMatch, Problem, etag_beside};

use super::error::product_not_found;
use super::product_json::own;
use crate::app::App;
use crate::domain::{Change, Product};

/// The change of a product whose id is in the path. Its version guard is the request's `If-Match`.
pub(super) fn change<T>(
    caller: &Caller,
    request: &HttpRequest,
    id: &str,
    to: T,
) -> Result<Change<T>, Problem> {
    let if_match = IfMatch::of(request)?;
    Ok(Change {
        product: id.parse().map_err(|_| product_not_found())?,
        editor: caller.user,
        guard: Box::new(move |version| if_match.allows(version)),
        to,
    })
}

/// The answer: the product as its seller sees it now.
pub(super) async fn changed(app: &App, product: Product) -> Result<HttpResponse, Problem> {
    let seller = app.sellers.card(&app.store, product.seller).await?;
    Ok(HttpResponse::Ok()
        .insert_header(ETag(etag_beside(product.version, seller.revision)))
        .json(own(app, product, &seller).await?))
}
