//! A form with a file in it (`multipart/form-data`, RFC 7578): its limits, its media type, and all its faults at once.

use std::collections::BTreeMap;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data, Payload};
use actix_web::{HttpRequest, mime};
use futures_util::TryStreamExt as _;
use kernel::Invalid;

use super::FieldError;
use super::body::{is_uncoded, too_slow};
use super::edge::{BODY_TIME, Edge};
use super::problem::{Problem, common};

/// A file takes this much longer to arrive than a document, at most.
const PATIENCE: u32 = 6;
/// The longest text field, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// What a form may have.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The field with the file.
    pub file: &'static str,
    /// The largest file, in bytes.
    pub max_file: usize,
    /// The text fields.
    pub texts: &'static [&'static str],
}

/// What a form had.
#[derive(Debug, Default)]
pub struct Upload {
    /// The file, if there is one. Its name and the type that it claims to have are not looked at.
    pub file: Option<Bytes>,
    texts: BTreeMap<String, String>,
    /// What is wrong with the form, to which its reader adds what is wrong with the values.
    pub faults: Vec<FieldError>,
}

impl Form {
    /// Reads the form that `request` sends.
    ///
    /// # Errors
    /// 415 for another media type or a coding, 413 for a file or a text that is too large, 408 if it takes too long to arrive, 400 for a
    /// form that breaks off.
    pub async fn read(self, request: &HttpRequest, payload: Payload) -> Result<Upload, Problem> {
        check_head(request)?;
        let edge = request.app_data::<Data<Edge>>();
        let time = edge.map_or(BODY_TIME, |edge| edge.body_time) * PATIENCE;
        let parts = Multipart::new(request.headers(), payload);
        let read = tokio::time::timeout(time, self.read_all(parts)).await;
        read.map_err(|_| too_slow(time))?
    }

    async fn read_all(self, mut parts: Multipart) -> Result<Upload, Problem> {
        let mut upload = Upload::default();
        while let Some(part) = parts.try_next().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = name == self.file;
            let is_known = is_file || self.texts.contains(&&*name);
            let bytes = read_part(part, if is_file { self.max_file } else { MAX_TEXT }).await?;
            let mut refuse = |code, detail: &str| {
                let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
                upload
                    .faults
                    .push(FieldError::new(pointer, Invalid::new(code, detail)));
            };
            if !is_known {
                refuse("unknown_field", "is no field of this form");
            } else if is_file && upload.file.is_some() || upload.texts.contains_key(&name) {
                refuse("repeated", "must be there once");
            } else if is_file {
                upload.file = Some(bytes);
            } else {
                match String::from_utf8(bytes.into()) {
                    Ok(text) => drop(upload.texts.insert(name, text)),
                    Err(_) => refuse("invalid_type", "must be a text in UTF-8"),
                }
            }
        }
        if upload.file.is_none() {
            let missing = Invalid::new("required", "is missing");
            upload
                .faults
                .push(FieldError::new(format!("/{}", self.file), missing));
        }
        Ok(upload)
    }
}

impl Upload {
    /// Takes the text of the field `name` out of the form, as `parse` reads it. None if it is missing, or if it is wrong: then it is among
    /// the faults.
    pub fn text<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = parse(&self.texts.remove(name)?);
        let fault = |invalid| {
            let fault = FieldError::new(format!("/{name}"), invalid);
            self.faults.push(fault);
        };
        parsed.map_err(fault).ok()
    }
}

fn check_head(request: &HttpRequest) -> Result<(), Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type =
        content_type.and_then(|value| value.to_str().ok()?.parse::<mime::Mime>().ok());
    let is_form = content_type
        .is_some_and(|given| given.essence_str() == mime::MULTIPART_FORM_DATA.essence_str());
    if is_form && is_uncoded(request) {
        return Ok(());
    }
    let detail =
        "Send the form with Content-Type: multipart/form-data and without a Content-Encoding.";
    Err(Problem::new(&common::UNSUPPORTED_MEDIA_TYPE, detail).last())
}

async fn read_part(mut part: Field, max: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = part.try_next().await.map_err(broken)? {
        if bytes.len() + chunk.len() > max {
            let detail = format!(
                "At most {max} bytes in {}.",
                part.name().unwrap_or("a field")
            );
            return Err(Problem::new(&common::BODY_TOO_LARGE, detail).last());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn broken(error: MultipartError) -> Problem {
    Problem::new(&common::MALFORMED_FORM, format!("{error}.")).last()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest as _, web};
    use rstest::rstest;

    use super::*;

    const FORM: Form = Form {
        file: "file",
        max_file: 20,
        texts: &["alt"],
    };

    fn part(name: &str, value: &str) -> String {
        format!(
            "--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\n\r\n{value}\r\n"
        )
    }

    async fn read(content_type: &str, body: String) -> Result<Upload, Problem> {
        let (request, mut payload) = TestRequest::default()
            .insert_header(("content-type", content_type))
            .set_payload(body)
            .to_http_parts();
        let payload = web::Payload::from_request(&request, &mut payload).await;
        FORM.read(&request, payload.unwrap()).await
    }

    async fn read_form(parts: &[String]) -> Result<Upload, Problem> {
        let body = format!("{}--X--\r\n", parts.concat());
        read("multipart/form-data; boundary=X", body).await
    }

    #[tokio::test]
    async fn a_form_has_a_file_and_texts() {
        let parts = [part("alt", "A lamp"), part("file", "bytes")];
        let mut upload = read_form(&parts).await.unwrap();
        assert_eq!(upload.file.as_deref(), Some(&b"bytes"[..]));
        let alt = upload.text("alt", |raw| Ok(raw.to_owned()));
        assert_eq!(alt.as_deref(), Some("A lamp"));
        assert!(upload.faults.is_empty());
    }

    #[tokio::test]
    async fn all_faults_of_a_form_are_told_at_once() {
        let parts = ["alt", "alt", "other/field"].map(|name| part(name, "x"));
        let mut upload = read_form(&parts).await.unwrap();
        let alt = upload.text("alt", |_| Err::<(), _>(Invalid::new("wrong", "is wrong")));
        assert_eq!(alt, None);
        let faults = upload
            .faults
            .iter()
            .map(|fault| (&*fault.pointer, fault.code));
        let expected = [
            ("/alt", "repeated"),
            ("/other~1field", "unknown_field"),
            ("/file", "required"),
            ("/alt", "wrong"),
        ];
        assert!(faults.eq(expected));
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused() {
        assert!(read_form(&[part("file", &"x".repeat(20))]).await.is_ok());
        for large in [
            part("file", &"x".repeat(21)),
            part("alt", &"x".repeat(MAX_TEXT + 1)),
        ] {
            let refused = read_form(&[large]).await.unwrap_err();
            assert_eq!(refused.kind(), &common::BODY_TOO_LARGE);
        }
    }

    #[rstest]
    #[case("application/json", "{}", &common::UNSUPPORTED_MEDIA_TYPE)]
    #[case("multipart/mixed; boundary=X", "--X--", &common::UNSUPPORTED_MEDIA_TYPE)]
    #[case("multipart/form-data", "--X--", &common::MALFORMED_FORM)]
    #[case("multipart/form-data; boundary=X", "--X\r\nContent-Disp", &common::MALFORMED_FORM)]
    #[case("multipart/form-data; boundary=X", "--X\r\n\r\nno name\r\n--X--\r\n", &common::MALFORMED_FORM)]
    #[tokio::test]
    async fn what_is_no_form_is_refused(
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] kind: &crate::ProblemType,
    ) {
        let refused = read(content_type, body.to_owned()).await.unwrap_err();
        assert_eq!(refused.kind(), kind);
    }
}
