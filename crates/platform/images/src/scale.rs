//! Makes the pictures of a decoded original.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageEncoder as _};

use super::{Format, Picture, Refused, WIDTHS};

/// The quality of JPEG files, of 100.
const QUALITY: u8 = 82;

/// The pictures of `original`, which is upright after `turn`.
pub(super) fn all(original: DynamicImage, turn: Orientation) -> Result<Vec<Picture>, Refused> {
    let widest = upright(original, turn);
    let format = if is_transparent(&widest) {
        Format::Png
    } else {
        Format::Jpeg
    };
    let mut pictures = Vec::new();
    for width in WIDTHS.into_iter().filter(|width| *width < widest.width()) {
        let height = scaled(widest.height(), width, widest.width());
        pictures.push(encode(widest.thumbnail_exact(width, height), format)?);
    }
    pictures.push(encode(widest, format)?);
    Ok(pictures)
}

/// The original as wide as the widest picture, or as it is if it is narrower. It is turned after it was made smaller: that takes less
/// memory.
fn upright(original: DynamicImage, turn: Orientation) -> DynamicImage {
    let (width, height) = (original.width(), original.height());
    let is_turned = match turn {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => true,
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    };
    let shown = if is_turned { height } else { width };
    let widest = WIDTHS.into_iter().max().unwrap_or(shown);
    let mut small = if shown > widest {
        let (width, height) = (scaled(width, widest, shown), scaled(height, widest, shown));
        original.thumbnail_exact(width, height)
    } else {
        original
    };
    small.apply_orientation(turn);
    small
}

/// `side × part / whole`, rounded, at least 1.
fn scaled(side: u32, part: u32, whole: u32) -> u32 {
    let (side, part, whole) = (u64::from(side), u64::from(part), u64::from(whole.max(1)));
    let rounded = (side * part + whole / 2) / whole;
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

fn is_transparent(image: &DynamicImage) -> bool {
    image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX)
}

fn encode(image: DynamicImage, format: Format) -> Result<Picture, Refused> {
    let (width, height) = (image.width(), image.height());
    let mut bytes = Vec::new();
    match format {
        Format::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
            let rgb = DynamicImage::from(image.into_rgb8());
            encoder.write_image(rgb.as_bytes(), width, height, rgb.color().into())?;
        }
        Format::Png => {
            let rgba = DynamicImage::from(image.into_rgba8());
            let encoder = PngEncoder::new(&mut bytes);
            encoder.write_image(rgba.as_bytes(), width, height, rgba.color().into())?;
        }
    }
    Ok(Picture {
        width,
        height,
        format,
        bytes,
    })
}
