//! GET /assets/{name}.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use platform_http::{Problem, common};

use crate::pages::Pages;

/// A browser keeps one for a year: its address changes with its content.
const KEPT: &str = "public, max-age=31536000, immutable";

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

pub(crate) async fn asset(
    pages: web::Data<Pages>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let name = request.match_info().query("name");
    let bytes = pages.shared.assets.bytes(name);
    let bytes = bytes.ok_or_else(|| Problem::new(&common::NOT_FOUND, "There is no such file."))?;
    Ok(HttpResponse::Ok()
        .content_type(media_type(name))
        .insert_header((header::CACHE_CONTROL, KEPT))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes.to_vec()))
}
