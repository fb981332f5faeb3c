//! GET /images/{name}. Outside of `/api/`, because a browser that loads a picture asks for pictures and not for JSON.

use actix_web::http::header::{self, CacheControl, CacheDirective, ETag, EntityTag};
use actix_web::{HttpRequest, HttpResponse, web};
use images::Format;
use kernel::BlobName;
use platform_http::{Problem, is_known};

use super::error::picture_not_found;
use crate::app::{App, picture};

/// A year: longer than any cache keeps anything.
const MAX_AGE: u32 = 365 * 24 * 60 * 60;

/// The bytes of a picture, as the document describes them.
enum Picture {}

impl utoipa::PartialSchema for Picture {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .into()
    }
}

impl utoipa::ToSchema for Picture {}

/// Show a picture of an image
///
/// For anyone who knows its address. What an address shows never changes, so it may be kept for good.
#[utoipa::path(get, path = "/images/{name}", tag = "products", operation_id = "showPicture", security(()),
    params(
        ("name" = String, Path, description = "The last part of the address", pattern = "^[0-9a-f]{64}\\.(jpg|png)$"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the picture that the client has"),
    ),
    responses(
        (status = 200, description = "The picture", headers(("ETag" = String, description = "Its name"), ("Cache-Control" = String, description = "It may be kept for good")),
            content((Picture = "image/jpeg"), (Picture = "image/png"))),
        (status = 304, description = "The client has it already", headers(("ETag" = String, description = "Its name"))),
        (status = 404, description = "`picture_not_found`"),
    ))]
pub(crate) async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name: BlobName = name.parse().map_err(|_| picture_not_found())?;
    let format = Format::of_extension(name.extension()).ok_or_else(picture_not_found)?;
    let tag = EntityTag::new_strong(name.digest().to_owned());
    let known = is_known(&request, &tag)?;
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer
        .insert_header(ETag(tag))
        .insert_header(CacheControl(vec![
            CacheDirective::Public,
            CacheDirective::MaxAge(MAX_AGE),
            CacheDirective::Extension("immutable".to_owned(), None),
        ]));
    if known {
        return Ok(answer.finish());
    }
    let bytes = picture(&app.pictures, &name).await?;
    let bytes = bytes.ok_or_else(picture_not_found)?;
    Ok(answer
        .content_type(format.media_type())
        // Never anything else, whatever a browser makes of the bytes.
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes))
}
