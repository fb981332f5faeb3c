//! POST /api/products/{id}/images.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use auth::Creating;
use kernel::{Invalid, ProductId};
use platform_http::{
    FieldError, Form, IfMatch, Problem, Upload, answer_repeat, etag, json_answer, key_of_change,
    send_stored, to_the_end,
};
use sha2::{Digest as _, Sha256};
use store::StoreResult;
use store::idempotency::{Answered, Repeatable, StoredAnswer};
use utoipa::ToSchema;

use super::error::{IMAGES_NOT_KEPT, product_not_found};
use super::image_json::ImageJson;
use crate::app::{AddedImage, App, add_image, may_add_image};
use crate::domain::{AltText, Change, Product, ProductRefusal};

/// Scope of idempotency keys.
const ROUTE: &str = "POST /api/products/{id}/images";

const FORM: Form = Form {
    file: "file",
    max_file: 10 * 1024 * 1024,
    texts: &["alt"],
};

/// An image to add.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "it documents the form, which is read part by part"
)]
pub(crate) struct AddImage {
    /// A JPEG, PNG or WebP file of at most 10 MiB and 40 megapixels that is not animated. Its name and the type that it claims to have do
    /// not count.
    #[schema(value_type = String, content_media_type = "application/octet-stream", format = "binary")]
    file: Vec<u8>,
    /// What it shows, for those who do not see it. Defaults to nothing.
    alt: Option<AltText>,
}

/// Add an image
///
/// For the product's seller. A product has up to 12 images; a new one is the last, and the first is the one for lists. Pictures of up to
/// 320, 800 and 1600 pixels in width are made of the file, upright: JPEG, or PNG where it is transparent. Nothing but its pixels is kept:
/// no place, no camera, no name. Send an `Idempotency-Key` so that a repeated request adds it once.
#[utoipa::path(post, path = "/api/products/{id}/images", tag = "products", operation_id = "addImage", security(("bearer" = [])),
    params(
        ("id" = ProductId, Path, description = "The product"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "The answer is repeated for 48 hours"),
        ("If-Match" = Option<String>, Header, description = "The product's ETag, or `*`", example = "*"),
    ),
    request_body(content = AddImage, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "AddedImage", body = ImageJson, headers(("Location" = String, description = "Its widest picture"), ("ETag" = String, description = "The product's version"), ("Idempotency-Replayed" = String, description = "`true` if this repeats the answer to an earlier request"))),
        (status = 403, description = "`not_owner`: someone else sells it"),
        (status = 404, description = "`product_not_found`: it does not exist or was removed"),
        (status = 409, description = "`too_many_images`: it has 12"),
        (status = 501, description = "`images_not_kept`: this marketplace keeps no images"),
    ))]
pub(crate) async fn add(
    app: web::Data<App>,
    Creating(caller): Creating,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let product: ProductId = id.parse().map_err(|_| product_not_found())?;
    let if_match = IfMatch::of(&request)?;
    let blobs = app.pictures.blobs.clone().ok_or_else(not_kept)?;
    // Nothing is read for those who have nothing to add here.
    let found = app.store.get::<Product>(&product).await?;
    match found {
        None => return Err(product_not_found()),
        Some(found) if found.seller != caller.user => return Err(ProductRefusal::NotOwner.into()),
        Some(_) => {}
    }
    let place = app.pictures.place()?;
    let mut upload = FORM.read(&request, payload).await?;
    let alt = upload.text("alt", AltText::parse);
    let Upload {
        file: Some(file),
        mut faults,
        ..
    } = upload
    else {
        return Err(Problem::validation(upload.faults));
    };
    let alt = alt.unwrap_or_else(|| AltText::stored(String::new()));
    let change = |guard: IfMatch| Change {
        product,
        editor: caller.user,
        guard: Box::new(move |version| guard.allows(version)),
        to: (),
    };
    let mut key = None;
    if faults.is_empty() {
        let meaning = (product, alt.as_str(), Sha256::digest(&file).to_vec());
        key = key_of_change(&request, caller.user, ROUTE, &meaning)?;
        if let Some(earlier) = may_add_image(&app, change(if_match.clone()), key.clone()).await?? {
            return answer_repeat(earlier);
        }
    }
    let pictures = match app.pictures.make(place, file).await? {
        Ok(pictures) if faults.is_empty() => pictures,
        Ok(_) => return Err(Problem::validation(faults)),
        Err(refused) => {
            let invalid = Invalid::new(refused.code(), refused.to_string());
            faults.push(FieldError::new("/file", invalid));
            return Err(Problem::validation(faults));
        }
    };
    let url = app.pictures.url.clone();
    let render = Arc::new(move |added: &AddedImage| render(added, &url));
    let once = key.map(|key| Repeatable {
        key,
        render: render.clone(),
    });
    let change = change(if_match).with((alt, pictures));
    let answered = to_the_end(async move { add_image(&app, &blobs, change, once).await });
    match answered.await??? {
        Answered::First(added) => Ok(send_stored(render(&added)?)),
        Answered::Before(earlier) => answer_repeat(earlier),
    }
}

fn not_kept() -> Problem {
    Problem::new(
        &IMAGES_NOT_KEPT,
        "Its operator has not set catalogue.image_store.",
    )
}

fn render(added: &AddedImage, url: &str) -> StoreResult<StoredAnswer> {
    let image = ImageJson::of(&added.image, url);
    Ok(StoredAnswer {
        location: Some(image.largest().to_owned()),
        etag: Some(etag(added.product.version).to_string()),
        ..json_answer(201, &image)?
    })
}
