//! A JSON request body: its limits, its media type, and all its faults at once.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fields::{FromJson, Reader};
use super::problem::{Problem, common};
use super::request::MAX_BODY;

/// A body read as `T`. 415 for another media type, 413 above [`MAX_BODY`], 400 for what is not JSON, 422 for broken rules.
pub struct Body<T> {
    value: T,
    fingerprint: [u8; 32],
}

impl<T> Body<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// SHA-256 of the body in canonical form: white space and the order of members do not count.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl<T: FromJson + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let head = check_head(request);
        let payload = payload.take();
        let keyed = request.headers().contains_key("idempotency-key");
        Box::pin(async move {
            head?;
            let bytes = collect(payload).await?;
            let json: Value = serde_json::from_slice(&bytes)
                .map_err(|error| Problem::new(&common::MALFORMED_JSON, format!("{error}.")))?;
            let fingerprint = if keyed {
                Sha256::digest(json.to_string()).into()
            } else {
                [0; 32]
            };
            let mut reader = Reader::default();
            match T::from_json(json, "", &mut reader) {
                Some(value) => Ok(Self { value, fingerprint }),
                None => Err(Problem::validation(reader.into_errors())),
            }
        })
    }
}

fn check_head(request: &HttpRequest) -> Result<(), Problem> {
    let media_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase());
    if media_type.as_deref() != Some("application/json") {
        return Err(Problem::new(
            &common::UNSUPPORTED_MEDIA_TYPE,
            "Send the body with Content-Type: application/json.",
        ));
    }
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BODY) {
        return Err(too_large());
    }
    Ok(())
}

async fn collect(mut payload: Payload) -> Result<BytesMut, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(
                &common::MALFORMED_JSON,
                format!("The body broke off: {error}."),
            )
        })?;
        if bytes.len() + chunk.len() > MAX_BODY {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large() -> Problem {
    Problem::new(
        &common::BODY_TOO_LARGE,
        format!("At most {MAX_BODY} bytes."),
    )
}
