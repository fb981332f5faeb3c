//! PUT /api/products/{id}/images and DELETE /api/products/{id}/images/{image}.

use actix_web::http::header::ETag;
use actix_web::{HttpRequest, HttpResponse, web};
use auth::Caller;
use deserr::Deserr;
use kernel::{ImageId, ProductId};
use platform_http::{Body, Faults, Problem, etag};
use utoipa::ToSchema;

use super::change::{change, changed};
use super::error::image_not_found;
use super::product_json::ProductJson;
use crate::app::{App, arrange_images, remove_image};
use crate::domain::{AltText, Placed};

/// The images of a product in their new order.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct ArrangeImages {
    /// Each of its images once. The first is the one for lists.
    images: Vec<PlacedImage>,
}

/// An image in its place.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(crate) struct PlacedImage {
    /// The image.
    id: ImageId,
    /// What it shows. Absent or null, the text stays.
    #[deserr(default)]
    alt: Option<AltText>,
}

impl From<PlacedImage> for Placed {
    fn from(placed: PlacedImage) -> Self {
        (placed.id, placed.alt)
    }
}

/// Arrange the images
///
/// For the product's seller. Name each of its images once, in the order in which they are to be shown, with new texts where they change.
#[utoipa::path(put, path = "/api/products/{id}/images", tag = "products", operation_id = "arrangeImages", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("If-Match" = Option<String>, Header, description = "The product's ETag, or `*`", example = "*"),
    ),
    request_body(content = ArrangeImages, example = json!({"images": [{"id": "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "alt": "The lamp, switched on"}]})),
    responses(
        (status = 200, description = "The product", body = ProductJson, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
        (status = 409, description = "`other_images`: the list does not name each of its images once"),
    ))]
pub(crate) async fn arrange(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<ArrangeImages>,
) -> Result<HttpResponse, Problem> {
    let placed = body.into_inner().images.into_iter().map(Placed::from);
    let change = change(&caller, &request, &id, placed.collect())?;
    changed(&app, arrange_images(&app, change).await??).await
}

/// Remove an image
///
/// For the product's seller. Its pictures can be seen for another hour.
#[utoipa::path(delete, path = "/api/products/{id}/images/{image}", tag = "products", operation_id = "removeImage", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("image" = ImageId, Path, description = "The image"),
        ("If-Match" = Option<String>, Header, description = "The product's ETag, or `*`", example = "*"),
    ),
    responses(
        (status = 204, description = "Removed", headers(("ETag" = String, description = "The product's version"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed; `image_not_found`: it has no such image"),
    ))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, image) = path.into_inner();
    let change = change(&caller, &request, &id, ())?;
    let image: ImageId = image.parse().map_err(|_| image_not_found())?;
    let product = remove_image(&app, change.with(image)).await??;
    Ok(HttpResponse::NoContent()
        .insert_header(ETag(etag(product.version)))
        .finish())
}
