//! Pictures to upload.

use reqwest::RequestBuilder;

const BOUNDARY: &str = "a-boundary";

/// The request, with a form that has a picture and its text.
///
/// # Panics
/// If the picture cannot be made.
pub fn with_picture(request: RequestBuilder) -> RequestBuilder {
    let rgb: Vec<u8> = (0..400 * 300).flat_map(|_| [38, 110, 134]).collect();
    let picture = images::png_of(400, 300, &rgb).expect("a picture");
    let head =
        |name| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    let body = [
        format!("{}A blue picture\r\n{}", head("alt"), head("file")).as_bytes(),
        &picture,
        format!("\r\n--{BOUNDARY}--\r\n").as_bytes(),
    ]
    .concat();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    request.header("content-type", content_type).body(body)
}
