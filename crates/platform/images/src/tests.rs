//! What is made of files, and which files are refused. Each file is made here.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{GenericImageView as _, Rgb, RgbImage, Rgba, RgbaImage};
use rstest::rstest;

use super::testing::{chunk, png_head};
use super::*;

/// Red at the left, blue at the right; the upper half brighter.
fn sample(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let light = if y < height / 2 { 255 } else { 120 };
        if x < width / 2 {
            Rgb([light, 0, 0])
        } else {
            Rgb([0, 0, light])
        }
    })
}

fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(image)
        .unwrap();
    bytes
}

fn png(image: &RgbImage) -> Vec<u8> {
    png_of(image.width(), image.height(), image.as_raw()).unwrap()
}

fn webp(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder
        .encode(
            image.as_raw(),
            image.width(),
            image.height(),
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    bytes
}

/// A JPEG file with a segment of metadata after its start.
fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(tiff);
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}

/// TIFF with one entry: the orientation.
fn turned(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff
}

fn decoded(picture: &Picture) -> RgbImage {
    let image = image::load_from_memory(&picture.bytes).unwrap();
    assert_eq!(image.dimensions(), (picture.width, picture.height));
    image.into_rgb8()
}

fn is_near(pixel: Rgb<u8>, wanted: [u8; 3]) -> bool {
    let pairs = pixel.0.into_iter().zip(wanted);
    pairs.into_iter().all(|(a, b)| a.abs_diff(b) < 24)
}

#[rstest]
#[case(jpeg)]
#[case(png)]
#[case(webp)]
fn a_picture_of_each_width_is_made_of_each_format(#[case] encode: fn(&RgbImage) -> Vec<u8>) {
    let pictures = pictures_of(&encode(&sample(2000, 1001))).unwrap();
    let sizes: Vec<_> = pictures.iter().map(|one| (one.width, one.height)).collect();
    assert_eq!(sizes, [(320, 160), (800, 401), (1600, 801)]);
    for picture in &pictures {
        assert_eq!(picture.format, Format::Jpeg);
        let shown = decoded(picture);
        let (right, bottom) = (picture.width - 10, picture.height - 10);
        assert!(is_near(*shown.get_pixel(10, 10), [255, 0, 0]));
        assert!(is_near(*shown.get_pixel(right, 10), [0, 0, 255]));
        assert!(is_near(*shown.get_pixel(10, bottom), [120, 0, 0]));
    }
}

#[rstest]
#[case(500, &[320, 500])]
#[case(800, &[320, 800])]
#[case(320, &[320])]
#[case(1, &[1])]
fn no_picture_is_wider_than_its_original(#[case] width: u32, #[case] widths: &[u32]) {
    let pictures = pictures_of(&png(&sample(width, 40))).unwrap();
    let made: Vec<_> = pictures.iter().map(|picture| picture.width).collect();
    assert_eq!(made, widths);
}

#[test]
fn what_is_transparent_stays_so_and_what_only_could_be_is_a_jpeg() {
    for (alpha, format) in [(100, Format::Png), (255, Format::Jpeg)] {
        let image = RgbaImage::from_pixel(400, 300, Rgba([9, 200, 9, alpha]));
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new(&mut bytes);
        encoder
            .write_image(&image, 400, 300, ExtendedColorType::Rgba8)
            .unwrap();
        for picture in pictures_of(&bytes).unwrap() {
            assert_eq!(picture.format, format);
            let shown = image::load_from_memory(&picture.bytes)
                .unwrap()
                .into_rgba8();
            assert_eq!(shown.get_pixel(20, 20).0[3], alpha);
        }
    }
}

/// Where red is after each orientation: at the left of the file it is at the given side of the picture.
#[rstest]
#[case(1, (600, 400), (5, 100))]
#[case(3, (600, 400), (594, 300))]
#[case(6, (400, 600), (300, 5))]
#[case(8, (400, 600), (100, 594))]
fn a_photograph_is_shown_upright(
    #[case] orientation: u8,
    #[case] size: (u32, u32),
    #[case] red: (u32, u32),
) {
    let file = with_exif(&jpeg(&sample(600, 400)), &turned(orientation));
    let pictures = pictures_of(&file).unwrap();
    let widest = pictures.last().unwrap();
    assert_eq!((widest.width, widest.height), size);
    let shown = decoded(widest);
    assert!(
        is_near(*shown.get_pixel(red.0, red.1), [255, 0, 0]),
        "{:?}",
        shown.get_pixel(red.0, red.1)
    );
}

#[test]
fn nothing_but_pixels_gets_through() {
    let place = b"52 degrees 31 minutes north";
    let mut tiff = turned(1);
    tiff.extend(place);
    let photograph = jpeg(&sample(900, 600));
    let mut polyglot = with_exif(&photograph, &tiff);
    polyglot.extend(b"PK\x03\x04<script>alert(1)</script>");
    let clean = pictures_of(&photograph).unwrap();
    assert_eq!(pictures_of(&polyglot).unwrap(), clean);
    let text = chunk(*b"tEXt", b"Comment\x0052 degrees 31 minutes north");
    let plain = png(&sample(900, 600));
    let hidden = [
        &plain[..33],
        &text,
        &plain[33..],
        b"<script>alert(1)</script>",
    ]
    .concat();
    for picture in [clean, pictures_of(&hidden).unwrap()].concat() {
        for secret in [&place[..], b"script", b"PK\x03\x04", b"Exif"] {
            let found = picture
                .bytes
                .windows(secret.len())
                .any(|window| window == secret);
            assert!(!found, "{}", String::from_utf8_lossy(secret));
        }
    }
}

#[rstest]
#[case(b"", Refused::Unsupported)]
#[case(b"just a text that was called photo.jpg", Refused::Unsupported)]
#[case(b"GIF89a\x01\0\x01\0\0\0\0;", Refused::Unsupported)]
#[case(b"%PDF-1.7\n\xff\xd8\xff\xe0", Refused::Unsupported)]
#[case(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refused::Unsupported)]
#[case(b"\xff\xd8\xff\xe0 just a text", Refused::Broken)]
#[case(b"\x89PNG\r\n\x1a\njust a text", Refused::Broken)]
#[case(b"RIFF\x10\0\0\0WEBPjust a text!", Refused::Broken)]
fn what_is_no_picture_is_refused(#[case] file: &[u8], #[case] refused: Refused) {
    assert_eq!(pictures_of(file), Err(refused));
}

#[rstest]
#[case(jpeg)]
#[case(png)]
#[case(webp)]
fn a_picture_that_is_cut_off_is_refused(#[case] encode: fn(&RgbImage) -> Vec<u8>) {
    // Noise, so that the end of the file has pixels.
    let noise = RgbImage::from_fn(300, 300, |x, y| {
        let mixed = (x * 7919 + y * 104_729) ^ (x * y * 31);
        Rgb([0, 8, 16].map(|shift| u8::try_from((mixed >> shift) & 255).unwrap()))
    });
    let whole = encode(&noise);
    assert!(pictures_of(&whole).is_ok());
    for keep in [whole.len() / 4, whole.len() / 2, whole.len() * 9 / 10] {
        assert_eq!(
            pictures_of(&whole[..keep]),
            Err(Refused::Broken),
            "{keep} of {}",
            whole.len()
        );
    }
}

#[rstest]
#[case(0, 0, Refused::Broken)]
#[case(0, 100, Refused::Broken)]
#[case(100, 100, Refused::Broken)]
#[case(30_000, 100, Refused::TooLarge)]
#[case(7_000, 7_000, Refused::TooLarge)]
#[case(60_000, 60_000, Refused::TooLarge)]
fn the_size_is_checked_before_anything_is_decoded(
    #[case] width: u32,
    #[case] height: u32,
    #[case] refused: Refused,
) {
    assert_eq!(pictures_of(&png_head(width, height)), Err(refused));
}

#[test]
fn a_jpeg_without_lines_or_with_endless_scans_is_refused() {
    let whole = jpeg(&sample(64, 64));
    let frame = whole
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    let mut flat = whole.clone();
    flat[frame + 5..frame + 7].fill(0);
    assert_eq!(pictures_of(&flat), Err(Refused::Broken));
    let scan = whole
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    let end = whole.len() - 2;
    let endless = [
        &whole[..scan],
        &whole[scan..end].repeat(MAX_SCANS + 1),
        &whole[end..],
    ]
    .concat();
    assert_eq!(pictures_of(&endless), Err(Refused::Broken));
}

#[test]
fn what_moves_is_refused() {
    let still = png(&sample(32, 32));
    let control = chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    let moving = [&still[..33], &control, &still[33..]].concat();
    assert_eq!(pictures_of(&moving), Err(Refused::Animated));
    // An extended WebP file that says that it is animated, with two frames.
    let place_and_size = [0, 0, 0, 0, 0, 0, 31, 0, 0, 31, 0, 0, 100, 0, 0, 0];
    let frame = [&place_and_size[..], &webp(&sample(32, 32))[12..]].concat();
    let size = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let mut body =
        b"WEBPVP8X\x0a\0\0\0\x02\0\0\0\x1f\0\0\x1f\0\0ANIM\x06\0\0\0\0\0\0\0\0\0".to_vec();
    for _ in 0..2 {
        body.extend([&b"ANMF"[..], &size, &frame].concat());
    }
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let moving = [&b"RIFF"[..], &length, &body].concat();
    assert_eq!(pictures_of(&moving), Err(Refused::Animated));
}
