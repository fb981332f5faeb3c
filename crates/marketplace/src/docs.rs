//! The API's documentation: the OpenAPI document, and a self-contained page to read and try it (see
//! `assets/docs/README.md`).

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, web};
use platform_http::{Paths, Problem, Routes, common};

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../assets/docs/", $name)),
        }
    };
}

const INDEX: Asset = asset!("index.html", "text/html; charset=utf-8");
const ASSETS: [Asset; 4] = [
    asset!("init.js", "text/javascript; charset=utf-8"),
    asset!("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    asset!("swagger-ui.css", "text/css; charset=utf-8"),
    asset!("favicon.png", "image/png"),
];

/// The page loads from here only, and is shown in no frame. The same is in deploy/nginx/edge.conf.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; object-src 'none'";

pub(crate) struct OpenApiJson(String);

/// The OpenAPI document
#[utoipa::path(get, path = "/api/openapi.json", tag = "operations", operation_id = "showOpenApi", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)))]
pub(crate) async fn document(document: web::Data<OpenApiJson>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(document.0.clone())
}

/// A page to read and try the API
#[utoipa::path(get, path = "/api/docs", tag = "operations", operation_id = "showDocs", security(()),
    responses((status = 200, description = "The page; it loads nothing from other hosts", content_type = "text/html", body = String)))]
pub(crate) async fn page() -> HttpResponse {
    serve(&INDEX)
}

/// Leads a person who opens the address in a browser to the page, where there is no console.
async fn home() -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, "/api/docs"))
        .finish()
}

async fn asset(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = request.match_info().query("name");
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map(serve)
        .ok_or_else(|| Problem::new(&common::NOT_FOUND, "There is no such page; see /api/docs."))
}

fn serve(asset: &Asset) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(asset.media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header(("content-security-policy", POLICY))
        .body(asset.bytes)
}

/// The page and its assets, for serving as static files: path below the root, and content. The page itself is
/// `api/docs.html` only, so that it has a single URL.
pub(crate) fn files() -> impl Iterator<Item = (String, &'static [u8])> {
    let page = ("api/docs.html".to_owned(), INDEX.bytes);
    let assets = ASSETS
        .iter()
        .map(|asset| (format!("api/docs/{}", asset.name), asset.bytes));
    std::iter::once(page).chain(assets)
}

/// Registers the routes; `document` is the OpenAPI document as JSON.
pub(crate) fn routes(document_json: String) -> Routes {
    let data = web::Data::new(OpenApiJson(document_json));
    Arc::new(move |config: &mut ServiceConfig| {
        config.app_data(data.clone());
        Paths::default()
            .get("/api/openapi.json", document)
            .get("/api/docs", page)
            .get("/api/docs/{name}", asset)
            .declare(config);
    })
}

/// Registers `/`, for a marketplace without the console.
pub(crate) fn home_routes() -> Routes {
    Arc::new(move |config: &mut ServiceConfig| Paths::default().get("/", home).declare(config))
}
