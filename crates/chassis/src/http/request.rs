//! What the edge knows of a request beside its body: its id, `Idempotency-Key`, `Prefer`.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::problem::{Problem, common};
use crate::idempotency::{Earlier, StoredAnswer};

/// Largest request body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// `X-Request-Id`.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static REQUEST_ID: RequestId;
}

/// Names one request in answers and logs.
#[derive(Debug, Clone)]
pub struct RequestId(String);

impl RequestId {
    /// The client's id if it is a sane one, else `fresh`.
    pub(super) fn choose(headers: &HeaderMap, fresh: impl FnOnce() -> String) -> Self {
        let given = headers
            .get(X_REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| {
                (1..=128).contains(&id.len())
                    && id
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
            });
        Self(given.map_or_else(fresh, str::to_owned))
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// Runs `work` as part of the request with this id.
    pub(super) async fn scope<F: Future>(self, work: F) -> F::Output {
        REQUEST_ID.scope(self, work).await
    }
}

/// The id of the request that is being answered; empty outside of one.
#[must_use]
pub fn current_request_id() -> String {
    REQUEST_ID.try_with(|id| id.0.clone()).unwrap_or_default()
}

/// The client's `Idempotency-Key`, if it sent one.
///
/// # Errors
/// 400 if it is empty, longer than 255 characters, not visible ASCII, or sent twice.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut values = request.headers().get_all("idempotency-key");
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    let sane = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if sane && values.next().is_none() {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::new(
        &common::INVALID_HEADER,
        "Idempotency-Key has to be one value of 1 to 255 visible ASCII characters, such as a UUID.",
    ))
}

/// Turns what is known of an earlier request with the same key into its answer.
///
/// # Errors
/// 409 while it runs, 422 if it had another body.
pub fn stored(earlier: Earlier) -> Result<HttpResponse, Problem> {
    match earlier {
        Earlier::Answered(answer) => Ok(replay(answer)),
        Earlier::Running => Err(Problem::new(
            &common::REQUEST_RUNNING,
            "Ask again in a moment for its answer.",
        )
        .retry_after(1)),
        Earlier::OtherBody => Err(Problem::new(
            &common::IDEMPOTENCY_KEY_REUSED,
            "Use a new key for a new request.",
        )),
    }
}

fn replay(answer: StoredAnswer) -> HttpResponse {
    let mut response = first(answer);
    response.headers_mut().insert(
        HeaderName::from_static("idempotency-replayed"),
        HeaderValue::from_static("true"),
    );
    response
}

/// Sends an answer that was stored in the same moment, for the first time.
#[must_use]
pub fn first(answer: StoredAnswer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(location) = answer.location {
        response.insert_header(("location", location));
    }
    if let Some(etag) = answer.etag {
        response.insert_header(("etag", etag));
    }
    response
        .content_type(if status.is_success() {
            "application/json"
        } else {
            "application/problem+json"
        })
        .body(answer.body)
}

/// What a client prefers about waiting (RFC 7240).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// Nothing said.
    Default,
    /// `respond-async`: do not wait.
    RespondAsync,
    /// `wait=N` seconds, at most 30.
    Wait(Duration),
}

/// Reads `Prefer`. Preferences that are not understood are ignored, as RFC 7240 asks.
#[must_use]
pub fn prefer(request: &HttpRequest) -> Prefer {
    let mut wait = None;
    for value in request.headers().get_all("prefer") {
        for preference in value.to_str().unwrap_or_default().split([',', ';']) {
            let preference = preference.trim().to_ascii_lowercase();
            if preference == "respond-async" {
                return Prefer::RespondAsync;
            }
            let seconds = preference
                .strip_prefix("wait=")
                .and_then(|seconds| seconds.trim_matches('"').parse::<u64>().ok());
            wait = wait.or(seconds);
        }
    }
    wait.map_or(Prefer::Default, |seconds| {
        Prefer::Wait(Duration::from_secs(seconds.min(30)))
    })
}

/// Makes `work` part of the request that is being answered now, wherever it runs later: what it renders on a store's thread
/// carries the request's id.
pub fn carry<A: ?Sized, T>(
    work: impl for<'a> FnOnce(&'a A) -> T + Send,
) -> impl for<'a> FnOnce(&'a A) -> T + Send {
    let id = REQUEST_ID.try_with(Clone::clone).ok();
    move |input: &A| match id {
        Some(id) => REQUEST_ID.sync_scope(id, || work(input)),
        None => work(input),
    }
}
