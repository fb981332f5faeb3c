//! Makes pictures of fixed widths of what people upload. Only pixels get through: whatever else a file holds (where a photograph was taken,
//! a colour profile, a second file after the picture) is not in what is made of it.
//!
//! What it costs is bounded before anything is decoded: [`MAX_PIXELS`] and [`MAX_SIDE`] are read from the header, and `MAX_BYTES` bounds
//! what a decoder may allocate. The work occupies a core for up to some seconds: call it on a thread that may block.

mod jpeg;
mod scale;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::panic::catch_unwind;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::{PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, ImageError, ImageFormat,
    Limits,
};

/// The widths of the pictures that are made, in pixels. None is wider than the original.
pub const WIDTHS: [u32; 3] = [320, 800, 1600];
/// The greatest number of pixels of an original.
pub const MAX_PIXELS: u64 = 40_000_000;
/// The greatest width and height of an original, in pixels.
pub const MAX_SIDE: u32 = 20_000;
/// What an original may take when it is decoded, in bytes: four for each pixel.
const MAX_BYTES: u64 = 4 * MAX_PIXELS;
/// Scans of a progressive JPEG. Encoders make about ten; each passes over all pixels, however few bytes it has.
const MAX_SCANS: usize = 100;

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG, for what is transparent somewhere.
    Png,
}

impl Format {
    /// The extension of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// The format with this extension, if it is one of ours.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        let all = [Self::Jpeg, Self::Png];
        all.into_iter()
            .find(|format| format.extension() == extension)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// A picture that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// How it is encoded.
    pub format: Format,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why a file is no original for pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is something else.
    #[error("must be a JPEG, PNG or WebP picture, whatever its name says")]
    Unsupported,
    /// It moves.
    #[error("must not be animated")]
    Animated,
    /// It is too large to be decoded.
    #[error("must have at most 40 megapixels, and at most 20000 pixels a side")]
    TooLarge,
    /// It is damaged.
    #[error("cannot be decoded: it is damaged, cut off or empty")]
    Broken,
}

impl Refused {
    /// A stable word for it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported_format",
            Self::Animated => "animated",
            Self::TooLarge => "too_many_pixels",
            Self::Broken => "unreadable",
        }
    }
}

impl From<ImageError> for Refused {
    fn from(error: ImageError) -> Self {
        if matches!(error, ImageError::Limits(_)) {
            Self::TooLarge
        } else {
            Self::Broken
        }
    }
}

/// The pictures of `original`, a JPEG, PNG or WebP file, from the narrowest to the widest: one of each of [`WIDTHS`] that it is wide enough
/// for, and one as wide as itself if it is narrower than the widest. They are upright, as the original asks to be shown.
///
/// # Errors
/// Why there are none.
pub fn pictures_of(original: &[u8]) -> Result<Vec<Picture>, Refused> {
    // A decoder that panics has met a file that its authors did not think of.
    catch_unwind(|| decode(original).and_then(|(image, turn)| scale::all(image, turn)))
        .unwrap_or(Err(Refused::Broken))
}

/// A PNG file of `rgb`, three bytes a pixel, row by row.
///
/// # Errors
/// `Broken` if there are not as many bytes as that takes.
pub fn png_of(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, Refused> {
    let pixels = u64::from(width) * u64::from(height);
    if u64::try_from(rgb.len()) != Ok(pixels * 3) {
        return Err(Refused::Broken);
    }
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(rgb, width, height, ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

fn decode(original: &[u8]) -> Result<(DynamicImage, Orientation), Refused> {
    let format = image::guess_format(original).map_err(|_| Refused::Unsupported)?;
    let data = Cursor::new(original);
    if format == ImageFormat::Jpeg {
        // The decoder fills up what is missing with grey.
        match jpeg::scans(original) {
            Some(1..=MAX_SCANS) => read(JpegDecoder::new(data)?),
            Some(_) | None => Err(Refused::Broken),
        }
    } else if format == ImageFormat::Png {
        let decoder = PngDecoder::with_limits(data, limits())?;
        if decoder.is_apng()? {
            return Err(Refused::Animated);
        }
        read(decoder)
    } else if format == ImageFormat::WebP {
        let decoder = WebPDecoder::new(data)?;
        if decoder.has_animation() {
            return Err(Refused::Animated);
        }
        read(decoder)
    } else {
        Err(Refused::Unsupported)
    }
}

fn read(mut decoder: impl ImageDecoder) -> Result<(DynamicImage, Orientation), Refused> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Refused::Broken);
    }
    if pixels > MAX_PIXELS || width.max(height) > MAX_SIDE || decoder.total_bytes() > MAX_BYTES {
        return Err(Refused::TooLarge);
    }
    decoder.set_limits(limits())?;
    // Metadata that cannot be read does not say how to turn the picture.
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder)?, turn))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    limits
}
