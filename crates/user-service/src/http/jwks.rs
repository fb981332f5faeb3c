//! GET /.well-known/jwks.json.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use auth::JwkSet;

use crate::app::{self, App};

/// Show the verification keys
///
/// The public keys (RFC 7517) that verify access tokens: of the key that signs, of the next one, and of earlier ones whose tokens may still be
/// valid.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "users", operation_id = "showKeys", security(()),
    responses((status = 200, description = "The keys", body = JwkSet, headers(("Cache-Control" = String, description = "How long they may be kept")))))]
pub(crate) async fn jwks(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(app::jwks(&app))
}
