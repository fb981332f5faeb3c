//! A form with a file in it (`multipart/form-data`). Only pages that take files read one, and only for those who are logged in.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt as _;
use platform_http::{Form, common};

use crate::failure::Refusal;
use crate::fields::Fields;

/// The largest file, as the API has it.
const MAX_FILE: usize = 10 * 1024 * 1024;
/// A form has at most this much beside its file.
const REST: usize = 64 * 1024;
/// A form that is too large is read up to here, so that the browser has sent it and shows the answer.
const DRAINED: usize = 64 * 1024 * 1024;
/// How long that may take.
const PATIENCE: Duration = Duration::from_mins(1);

const FORM: Form = Form {
    file: "file",
    max_file: MAX_FILE,
    texts: &["csrf", "key", "alt"],
};

/// Whether `request` is for a page that takes a file, and sends one.
pub(super) fn sends_a_file(request: &HttpRequest) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media_type = kind.split(';').next().unwrap_or_default().trim();
    let pattern = request.match_pattern().unwrap_or_default();
    media_type.eq_ignore_ascii_case("multipart/form-data") && pattern.ends_with("/images")
}

/// Reads the texts and the file of a form.
///
/// # Errors
/// If it is too large, or cannot be read.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Fields, Option<Bytes>), Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_FILE + REST) {
        discard(payload).await;
        return Err(too_large());
    }
    let read = FORM.read(request, payload).await;
    let mut upload = read.map_err(|problem| match problem.kind() {
        kind if kind.code == common::BODY_TOO_LARGE.code => too_large(),
        kind => Refusal::own(kind.status, kind.code),
    })?;
    let texts = FORM.texts.iter().filter_map(|name| {
        let text = upload.text(name, |text| Ok(text.to_owned()))?;
        Some(((*name).to_owned(), text))
    });
    let fields = Fields(texts.collect());
    // A browser sends an empty file if none is chosen.
    Ok((fields, upload.file.filter(|file| !file.is_empty())))
}

fn too_large() -> Refusal {
    Refusal::own(413, "file_too_large")
}

/// Reads a body, and forgets it.
pub(super) async fn discard(mut payload: Payload) {
    let all = async {
        let mut seen = 0;
        while let Some(Ok(chunk)) = payload.next().await {
            seen += chunk.len();
            if seen > DRAINED {
                break;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::debug!("a form that was too large did not end in time");
    }
}
