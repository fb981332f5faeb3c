//! An image as it stands in JSON.

use kernel::ImageId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Image;

/// An image of a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Image)]
pub(crate) struct ImageJson {
    /// Its id.
    id: ImageId,
    /// What it shows, for those who do not see it.
    #[schema(example = "A desk lamp with a green shade", max_length = 300)]
    alt: String,
    /// The width of its widest picture, in pixels.
    #[schema(example = 1600, minimum = 1, maximum = 1600)]
    width: u32,
    /// The height of its widest picture, in pixels.
    #[schema(example = 1200, minimum = 1)]
    height: u32,
    /// Its pictures.
    urls: ImageUrls,
}

/// The addresses of an image's pictures, by width in pixels. No picture is wider than the original: that of a small one may be the same
/// for several widths. What an address shows never changes. It needs no token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageUrls {
    /// At most 320 pixels wide, for lists.
    #[serde(rename = "320")]
    #[schema(
        format = "uri-reference",
        example = "/images/5c0f8a3e6d1b4297a0e3f5b8c7d6192a4e8b0c3d5f7a9e1b2c4d6f8091a3b5c7.jpg"
    )]
    small: String,
    /// At most 800 pixels wide.
    #[serde(rename = "800")]
    #[schema(
        format = "uri-reference",
        example = "/images/a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90.jpg"
    )]
    medium: String,
    /// At most 1600 pixels wide.
    #[serde(rename = "1600")]
    #[schema(
        format = "uri-reference",
        example = "/images/0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0.jpg"
    )]
    large: String,
}

impl ImageJson {
    /// `image`, whose pictures are at addresses that begin with `url`.
    pub(crate) fn of(image: &Image, url: &str) -> Self {
        // The widest that is not wider, or the only one.
        let of_width = |width: u32| {
            let fits = image.pictures.iter().rev().find(|one| one.width <= width);
            let picture = fits.or(image.pictures.first());
            picture.map_or_else(String::new, |picture| format!("{url}/{}", picture.blob))
        };
        let widest = image.pictures.last();
        Self {
            id: image.id,
            alt: image.alt.as_str().to_owned(),
            width: widest.map_or(0, |picture| picture.width),
            height: widest.map_or(0, |picture| picture.height),
            urls: ImageUrls {
                small: of_width(320),
                medium: of_width(800),
                large: of_width(1600),
            },
        }
    }

    /// The address of its widest picture.
    pub(crate) fn largest(&self) -> &str {
        &self.urls.large
    }
}
