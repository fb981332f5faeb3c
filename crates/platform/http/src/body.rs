//! A JSON request body: its limits, its media type, and all its faults at once.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, FromRequest, HttpRequest};
use deserr::Deserr;

use super::edge::{BODY_TIME, Edge};
use super::faults::Faults;
use super::json;
use super::problem::{Problem, common};
use super::request::MAX_BODY;

/// A body read as `T`. Answers 415 for an unsupported media type, charset or coding, 413 above [`MAX_BODY`], 408 if the body takes too
/// long to arrive, 400 for invalid JSON, and 422 for broken rules.
pub struct Body<T>(T);

impl<T> Body<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: Deserr<Faults> + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let head = check_head(request);
        let bytes = whole_body(request, payload);
        Box::pin(async move {
            head?;
            let bytes = bytes.await?;
            let json = json::parse(&bytes)
                .map_err(|error| Problem::new(&common::MALFORMED_JSON, format!("{error}.")))?;
            deserr::deserialize(json)
                .map(Self)
                .map_err(|faults: Faults| Problem::validation(faults.into_errors()))
        })
    }
}

/// The bytes of a body. Answers 413 above [`MAX_BODY`], and 408 if it takes too long to arrive.
///
/// # Errors
/// Why it cannot be read.
pub fn whole_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + 'static {
    let bytes = Bytes::from_request(request, payload);
    let time = request
        .app_data::<Data<Edge>>()
        .map_or(BODY_TIME, |edge| edge.body_time);
    async move {
        let bytes = tokio::time::timeout(time, bytes).await;
        bytes.map_err(|_| too_slow(time))?.map_err(broken)
    }
}

fn check_head(request: &HttpRequest) -> Result<(), Problem> {
    let is_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_json);
    if !is_json || !is_uncoded(request) {
        return Err(Problem::new(
            &common::UNSUPPORTED_MEDIA_TYPE,
            "Send the body as UTF-8 with Content-Type: application/json and without a Content-Encoding.",
        ));
    }
    Ok(())
}

/// Whether the body is sent as it is.
pub(super) fn is_uncoded(request: &HttpRequest) -> bool {
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING);
    codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether a Content-Type declares JSON in UTF-8, the default when there is no charset. Other parameters are ignored.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case("application/json")
        && parts
            .filter_map(|parameter| parameter.split_once('='))
            .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn broken(error: Error) -> Problem {
    if let Some(PayloadError::Overflow) = error.as_error() {
        let detail = format!("At most {MAX_BODY} bytes.");
        return Problem::new(&common::BODY_TOO_LARGE, detail);
    }
    let detail = format!("The body broke off: {error}.");
    Problem::new(&common::MALFORMED_JSON, detail).last()
}

pub(super) fn too_slow(time: Duration) -> Problem {
    Problem::new(
        &common::REQUEST_TIMEOUT,
        format!("Send all of the body within {} seconds.", time.as_secs()),
    )
    .last()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use rstest::rstest;
    use serde_json::Value;

    use super::*;

    async fn read(headers: &[(&'static str, &str)], body: &'static str) -> Result<(), Problem> {
        let (request, mut payload) = headers
            .iter()
            .fold(TestRequest::default(), |request, (name, value)| {
                request.append_header((*name, *value))
            })
            .set_payload(body)
            .to_http_parts();
        Body::<Value>::from_request(&request, &mut payload)
            .await
            .map(drop)
    }

    #[rstest]
    #[case("application/json", "", true)]
    #[case("Application/JSON; Charset=UTF-8", "identity", true)]
    #[case("application/json; charset=\"utf-8\"", "Identity", true)]
    #[case("application/json;profile=x", "", true)]
    #[case("application/json; charset=utf-16", "", false)]
    #[case("application/json; profile=x; charset=latin1", "", false)]
    #[case("application/jsonp", "", false)]
    #[case("text/json", "", false)]
    #[case("", "", false)]
    #[case("application/json", "gzip", false)]
    #[case("application/json", "identity, br", false)]
    #[tokio::test]
    async fn a_body_is_plain_json_in_utf_8(
        #[case] content_type: &str,
        #[case] coding: &str,
        #[case] good: bool,
    ) {
        let headers = [("content-type", content_type), ("content-encoding", coding)];
        let given: Vec<_> = headers
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let kind = read(&given, "{}").await.map_err(|refused| refused.kind());
        let expected = good.then_some(()).ok_or(&common::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(kind, expected);
    }

    #[tokio::test]
    async fn a_repeated_member_is_malformed_json() {
        let refused = read(
            &[("content-type", "application/json")],
            r#"{"amount": 1, "amount": 2}"#,
        )
        .await
        .unwrap_err();
        assert_eq!(refused.kind(), &common::MALFORMED_JSON);
        assert!(refused.to_string().contains("\"amount\" is repeated"));
    }
}
